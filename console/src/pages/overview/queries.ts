import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { AlertPage } from '../../../../src/http/contract/alerts.ts'
import type { Overview, Traffic } from '../../../../src/http/contract/overview.ts'
import { api } from '../../api/client.ts'
import { type Range, SPANS } from './ranges.ts'

/** Ages and queues move on their own: asked for again even while nothing is announced. */
const AGAIN_MS = 30_000

export const overviewQuery = queryOptions({
  queryKey: ['traffic', 'overview'],
  queryFn: ({ signal }) => api.get<Overview>('/overview', { signal }),
  refetchInterval: AGAIN_MS,
  meta: { topics: ['instances', 'events', 'commands', 'chats'] },
})

/** What stands wrong and nobody has said that they know. */
export const alertsQuery = queryOptions({
  queryKey: ['alerts', 'open'],
  queryFn: ({ signal }) => api.get<AlertPage>('/alerts', { query: { state: 'open', limit: 50 }, signal }),
  meta: { quiet: true },
})

/** Traffic over time, of all numbers or of one. */
export const trafficQuery = (range: Range, instance: string | undefined) =>
  queryOptions({
    queryKey: ['traffic', 'chart', range, instance],
    queryFn: ({ signal }) => {
      const { ms, step } = SPANS[range]
      const to = Date.now()
      return api.get<Traffic>('/traffic', {
        query: { from: new Date(to - ms).toISOString(), to: new Date(to).toISOString(), step, instance },
        signal,
      })
    },
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  })

/** The last day of these numbers, an hour a point. */
export const trafficByNumberQuery = (numbers: readonly string[]) =>
  queryOptions({
    queryKey: ['traffic', 'by-number', numbers],
    queryFn: ({ signal }) =>
      api.get<Traffic>('/traffic', {
        query: { step: 'hour', by: 'instance', instance: numbers.join(',') },
        signal,
      }),
    enabled: numbers.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  })
