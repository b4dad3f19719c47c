import { hash } from 'node:crypto'
import type { Cell } from '../dialect.ts'

/** A table of both databases. */
export interface Table {
  name: string
  columns: readonly Column[]
  /** Of its primary key, in order. */
  key: readonly string[]
}
export interface Column {
  name: string
  kind: 'int' | 'text' | 'bytes'
}

/** Values of a primary key. */
export type Key = readonly Cell[]

/**
 * A value as it is in the target. PostgreSQL takes no NUL in text and no half of a surrogate pair; a fraction of
 * a millisecond means nothing.
 */
export function canonical(value: Cell): Cell {
  if (typeof value === 'string') {
    const text = value.includes('\0') ? value.replaceAll('\0', '') : value
    return text.isWellFormed() ? text : text.toWellFormed()
  }
  return typeof value === 'number' && !Number.isInteger(value) ? Math.round(value) : value
}

/** Longer values are compared by their hash, so that the target need not send them all back (bytes). */
export const LONG = 1024

/** What stands for a value in a checksum. */
export type Comparable = string | number | null

/** A canonical value for a checksum. The target does the same in SQL. */
export function comparable(value: Cell): Comparable {
  if (typeof value === 'string') {
    return value.length * 3 > LONG && Buffer.byteLength(value) > LONG ? `#${hash('sha256', value)}` : value
  }
  if (value instanceof Uint8Array) return value.length > LONG ? `#${hash('sha256', value)}` : hex(value)
  return value
}

export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

/** Of rows in any order: two databases order text differently. */
export class Checksum {
  rows = 0
  #high = 0n
  #low = 0n

  add(row: readonly Comparable[]): void {
    const digest = hash('sha256', JSON.stringify(row), 'buffer')
    this.#high = BigInt.asUintN(64, this.#high + digest.readBigUInt64BE(0))
    this.#low = BigInt.asUintN(64, this.#low + digest.readBigUInt64BE(8))
    this.rows += 1
  }
  get sum(): string {
    return [this.#high, this.#low].map((part) => part.toString(16).padStart(16, '0')).join('')
  }
}

/** Rough room a row takes in memory and on the wire (bytes). */
export const sizeOf = (row: readonly Cell[]): number =>
  row.reduce<number>(
    (sum, cell) => sum + (typeof cell === 'string' || cell instanceof Uint8Array ? cell.length : 8),
    0,
  )
