import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useCallback, useEffect, useMemo } from 'react'
import { type Ask, api } from '../../api/client.ts'
import type { PagedRows } from '../../api/paged.ts'
import type { QueryKey, Topic } from '../../api/query.ts'
import { type ListPage, type Numbered, withHead } from './merge.ts'

const PAGE = 100
/** Pages in a row that may hold nothing before somebody is asked whether to look further back. */
const MOST_EMPTY = 20

export interface LiveRows<Row> extends PagedRows<Row> {
  /** Nothing was found yet, and more is being looked through. */
  searching: boolean
  /** Nothing was found in much; looks further back. */
  onFurther: (() => void) | undefined
}

/**
 * A list of the API, newest first, that grows at its top while one looks. What has changed is asked for with one
 * request for the newest page, however far one has scrolled. A page may be empty and still have a next one, since
 * the hub looks through a part of what is stored at a time.
 * @param topic whose changes concern the list
 */
export function useLiveList<Row extends Numbered>(
  topic: Topic,
  where: string,
  query: NonNullable<Ask['query']>,
): LiveRows<Row> {
  const client = useQueryClient()
  const key = useMemo<QueryKey>(() => ['log', where, query], [where, query])
  const ask = (cursor: string | undefined, signal: AbortSignal) =>
    api.get<ListPage<Row>>(where, { query: { limit: PAGE, ...query, cursor }, signal })
  const { data, error, hasNextPage, isFetching, isPlaceholderData, fetchNextPage, refetch } =
    useInfiniteQuery<
      ListPage<Row>,
      Error,
      InfiniteData<ListPage<Row>, string | undefined>,
      QueryKey,
      string | undefined
    >({
      queryKey: key,
      queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
      initialPageParam: undefined,
      getNextPageParam: ({ next }) => next ?? undefined,
      placeholderData: keepPreviousData,
      staleTime: 10_000,
    })
  const { data: head } = useQuery({
    queryKey: [topic, 'head', where, query],
    queryFn: ({ signal }) => ask(undefined, signal),
    enabled: data !== undefined && !isPlaceholderData,
    staleTime: 0,
    gcTime: 0,
    meta: { quiet: true },
  })
  useEffect(() => {
    if (!head) return
    let apart = false
    client.setQueryData<InfiniteData<ListPage<Row>, string | undefined>>(key, (known) => {
      if (!known) return known
      const pages = withHead(known.pages, head)
      apart = pages === undefined
      if (!pages) return known
      return { pages: [...pages], pageParams: known.pageParams.slice(0, pages.length) }
    })
    if (apart) void client.invalidateQueries({ queryKey: key, exact: true })
  }, [client, key, head])

  const rows = useMemo(() => data?.pages.flatMap((page) => page.data), [data])
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage])
  const empty = rows?.length === 0 && hasNextPage
  const searching = empty && (data?.pages.length ?? 0) % MOST_EMPTY !== 0
  useEffect(() => {
    if (searching && !isFetching && !error) more()
  }, [searching, isFetching, error, more])
  return {
    rows,
    onMore: hasNextPage && !isFetching ? more : undefined,
    count: rows && { n: rows.length, more: hasNextPage },
    error,
    onRetry: () => void refetch(),
    searching,
    onFurther: empty && !searching ? more : undefined,
  }
}
