import { type InfiniteData, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { type Ask, api } from './client.ts'
import type { QueryKey } from './query.ts'

/** Of every list endpoint. */
interface Paged<Row> {
  data: Row[]
  next: string | null
}

export interface PagedRows<Row> {
  /** All that were loaded so far; undefined until the first came. */
  rows: Row[] | undefined
  /** Loads the next ones; undefined when there are no more, or while some are under way. */
  onMore: (() => void) | undefined
  /** For the count above the list. */
  count: { n: number; more: boolean } | undefined
  error: Error | null
  onRetry(): void
}

/**
 * A list of the API, page after page, as the list of the kit takes it: `<List {...paged} … />`. Another `query`
 * is another list; the rows of the one before stay until its own are there.
 */
export function usePaged<Row>(
  queryKey: QueryKey,
  where: string,
  query: NonNullable<Ask['query']> = {},
): PagedRows<Row> {
  const { data, error, hasNextPage, isFetching, fetchNextPage, refetch } = useInfiniteQuery<
    Paged<Row>,
    Error,
    InfiniteData<Paged<Row>>,
    QueryKey,
    string | undefined
  >({
    queryKey: [...queryKey, query],
    queryFn: ({ pageParam, signal }) =>
      api.get<Paged<Row>>(where, { query: { limit: 100, ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  })
  const rows = useMemo(() => data?.pages.flatMap((page) => page.data), [data])
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage])
  return {
    rows,
    onMore: hasNextPage && !isFetching ? more : undefined,
    count: rows && { n: rows.length, more: hasNextPage },
    error,
    onRetry: () => void refetch(),
  }
}
