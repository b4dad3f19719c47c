/** A part of a list that may be long, and how to ask for the next one. */

export interface Page<T> {
  data: T[]
  /** Cursor of the next page, or null. */
  next: string | null
}
export interface PageRequest {
  limit: number
  cursor?: string
}
