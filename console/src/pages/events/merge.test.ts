import { describe, expect, test } from 'vitest'
import { type ListPage, withHead } from './merge.ts'

const row = (id: number, status = 'done') => ({ id: `evt_${id}`, status })
const page = (next: string | null, ...ids: number[]): ListPage<ReturnType<typeof row>> => ({
  data: ids.map((id) => row(id)),
  next,
})
const ids = (pages: readonly ListPage<{ id: string }>[] | undefined) =>
  pages?.flatMap(({ data }) => data.map(({ id }) => Number(id.slice(4))))

describe('the newest page over those loaded before', () => {
  test('puts new rows on top and leaves older ones where they are', () => {
    const joined = withHead([page('7', 9, 8, 7), page('4', 6, 5, 4)], page('8', 11, 10, 9, 8))
    expect(ids(joined)).toEqual([11, 10, 9, 8, 7, 6, 5, 4])
    expect(joined?.at(-1)?.next).toBe('4')
  })

  test('renews rows that are in both', () => {
    const head = { data: [row(10), row(9, 'dead')], next: '9' }
    expect(withHead([{ data: [row(9, 'pending'), row(8)], next: '8' }], head)?.[0]?.data).toEqual([
      row(10),
      row(9, 'dead'),
      row(8),
    ])
  })

  test('drops rows that no longer match, and keeps those it did not look at', () => {
    expect(ids(withHead([page('5', 9, 8, 7, 5)], page('7', 9, 7)))).toEqual([9, 7, 5])
    expect(ids(withHead([page(null, 9, 8)], page(null, 9)))).toEqual([9])
    expect(ids(withHead([page(null, 9, 8)], page(null)))).toEqual([])
  })

  test('reaches over the first page where that has shrunk', () => {
    expect(ids(withHead([page('9', 9), page('5', 8, 7, 5)], page('7', 10, 9, 7)))).toEqual([10, 9, 7, 5])
  })

  test('stays apart when more came than it holds', () => {
    expect(withHead([page('4', 6, 5, 4)], page('8', 10, 9, 8))).toBeUndefined()
    expect(withHead([page('1')], page('8', 10, 9, 8))).toBeUndefined()
  })

  test('an empty newest page says nothing about what lies further back', () => {
    expect(ids(withHead([page('4'), page(null, 3, 2)], page('4')))).toEqual([3, 2])
  })

  test('begins anew once very many were gathered', () => {
    const many = Array.from({ length: 5_001 }, (_, at) => 6_000 - at)
    expect(ids(withHead([page('999', ...many)], page('5999', 6_001, 6_000, 5_999)))).toEqual([
      6_001, 6_000, 5_999,
    ])
  })
})
