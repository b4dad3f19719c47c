import {
  type QueryClient,
  QueryObserver,
  queryOptions,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import type { ReplayJob } from '../../../../../src/http/contract/events.ts'
import { api, path } from '../../../api/client.ts'
import { useActivities } from '../../../shell/activity.tsx'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import type { ListPage } from '../merge.ts'
import { words } from './words.ts'

const AGAIN_MS = 1_000

const isRunning = (job: ReplayJob | undefined): boolean => job?.state === 'running'

/** How far a replay is: asked again while it runs. */
const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ['log', 'replay', id],
    queryFn: ({ signal }) => api.get<ReplayJob>(path`/replays/${id}`, { signal }),
    refetchInterval: ({ state: { data } }) => (data === undefined || isRunning(data) ? AGAIN_MS : false),
    refetchIntervalInBackground: true,
    meta: { quiet: true },
  })

export const replaysQuery = queryOptions({
  queryKey: ['events', 'replays'],
  queryFn: ({ signal }) => api.get<ListPage<ReplayJob>>('/replays', { query: { limit: 100 }, signal }),
  refetchInterval: ({ state: { data } }) => (data?.data.some(isRunning) ? AGAIN_MS : false),
})

/** Stops a replay; what is in the queues stays there. */
export async function stopReplay(client: QueryClient, id: string): Promise<void> {
  client.setQueryData(jobQuery(id).queryKey, await api.delete<ReplayJob>(path`/replays/${id}`))
  await client.invalidateQueries({ queryKey: replaysQuery.queryKey })
}

export const doneOf = ({ queued, skipped }: ReplayJob): number => queued + skipped

/** Per second, since it began. */
export function rateOf(job: ReplayJob, now: number): number {
  const seconds = (Date.parse(job.endedAt ?? new Date(now).toISOString()) - Date.parse(job.createdAt)) / 1_000
  return seconds > 0 ? doneOf(job) / seconds : 0
}
/** About how long (ms) it still takes; undefined while nobody can tell. */
export function leftMsOf(job: ReplayJob, now: number): number | undefined {
  const rate = rateOf(job, now)
  return rate > 0 ? ((job.matched - doneOf(job)) / rate) * 1_000 : undefined
}

/**
 * Tells the activity tray how far a replay is, until it has ended: also once the page that asked for it is left.
 */
export function useWatchReplay(): (job: ReplayJob) => void {
  const t = useWords(words)
  const format = useFormat()
  const client = useQueryClient()
  const { tell } = useActivities()
  return useCallback(
    (begun) => {
      const query = jobQuery(begun.id)
      // Somebody watches it already.
      if (client.getQueryCache().find({ queryKey: query.queryKey })?.isActive()) return
      const told = (job: ReplayJob) => {
        const now = Date.now()
        const leftMs = leftMsOf(job, now)
        const rate = rateOf(job, now)
        tell({
          id: job.id,
          title: t('activity', { n: job.matched }),
          state: job.state,
          done: doneOf(job),
          total: job.matched,
          ...(leftMs !== undefined && { leftMs }),
          result: isRunning(job)
            ? t('perSecond', { n: Math.round(rate) })
            : format.list([
                t('activityDone', { n: job.queued }),
                ...(job.skipped > 0 ? [t('andSkipped', { n: job.skipped })] : []),
              ]),
          ...(isRunning(job) && { onCancel: () => void stopReplay(client, job.id) }),
        })
      }
      told(begun)
      client.setQueryData(query.queryKey, begun)
      const observer = new QueryObserver(client, { ...query, staleTime: 0 })
      const unsubscribe = observer.subscribe(({ data }) => {
        if (!data) return
        told(data)
        if (!isRunning(data)) {
          unsubscribe()
          void client.invalidateQueries({ queryKey: replaysQuery.queryKey })
        }
      })
    },
    [t, format, client, tell],
  )
}

/** Replays that run, whoever began them, are in the tray once these pages were opened. */
export function useWatchRunning(): void {
  const watch = useWatchReplay()
  const { data } = useQuery(replaysQuery)
  useEffect(() => {
    for (const job of data?.data ?? []) if (isRunning(job)) watch(job)
  }, [data, watch])
}
