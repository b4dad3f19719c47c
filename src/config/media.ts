import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import type { DatabaseConfig, MediaConfig } from '../core/config.ts'
import { type Faults, readFields, ruled } from './faults.ts'
import { duration, httpUrl, whole } from './rules.ts'

const MIB = 1024 * 1024
const DAY = 86_400_000

/** What a setting is when nobody sets it. */
export const MEDIA_DEFAULTS = {
  keepMs: 30 * DAY,
  maxBytes: 64 * MIB,
  bytesPerDay: 2048 * MIB,
  concurrency: 2,
  timeoutMs: 120_000,
} as const

const bucketName = ruled(z.string(), (value) =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value)
    ? undefined
    : {
        problem: 'is not the name of a bucket',
        mend: 'Use 3 to 63 lower-case letters, digits, "-" and ".".',
      },
)
const objectPrefix = ruled(z.string(), (value) =>
  /^([\w-]+\/)*$/.test(value)
    ? undefined
    : { problem: 'is not the beginning of a name', mend: 'Write it as in "pombo/", ending with a slash.' },
)

const MEDIA = {
  fetch: z.boolean().default(true),
  store: z.enum(['folder', 's3']).default('folder'),
  folder: z.string().min(1).optional(),
  keepMs: duration('1d').default(MEDIA_DEFAULTS.keepMs),
  maxBytes: whole(1024, 2 ** 31).default(MEDIA_DEFAULTS.maxBytes),
  bytesPerDay: whole(1024, 2 ** 50).default(MEDIA_DEFAULTS.bytesPerDay),
  concurrency: whole(1, 32).default(MEDIA_DEFAULTS.concurrency),
  timeoutMs: duration('1s', '1h').default(MEDIA_DEFAULTS.timeoutMs),
}
const BUCKET = {
  endpoint: httpUrl.optional(),
  bucket: bucketName.optional(),
  region: z.string().min(1).optional(),
  accessKeyId: z.string().min(1).optional(),
  secretAccessKey: z.string().min(1).optional(),
  prefix: objectPrefix.optional(),
}
const NEEDED = ['endpoint', 'bucket', 'accessKeyId', 'secretAccessKey'] as const

/**
 * The key `media`. Only whole when no fault was noted. Undefined when there is nowhere to keep media: beside a
 * database server lies no folder.
 */
export function readMedia(
  input: unknown,
  places: { cwd: string; database: DatabaseConfig | undefined },
  faults: Faults,
): MediaConfig | undefined {
  const given = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>
  const read = readFields({ ...MEDIA, ...BUCKET }, input, ['media'], faults)
  const { endpoint = '', bucket = '', accessKeyId = '', secretAccessKey = '' } = read
  const beside = places.database?.engine === 'sqlite' ? dirname(places.database.path) : 'data'
  const folder = resolve(places.cwd, read.folder ?? join(beside, 'media'))
  if (read.store === 's3') {
    for (const key of NEEDED) {
      if (given[key] === undefined) {
        faults.add(
          ['media', key],
          'is missing',
          'A bucket needs endpoint, bucket, accessKeyId and secretAccessKey.',
        )
      }
    }
  } else if (read.store === 'folder') {
    for (const key of Object.keys(BUCKET)) {
      if (given[key] !== undefined) {
        faults.add(['media', key], 'is only for a bucket', 'Write "store": "s3", or take it out.')
      }
    }
  }
  if (read.maxBytes !== undefined && read.bytesPerDay !== undefined && read.maxBytes > read.bytesPerDay) {
    faults.add(['media', 'maxBytes'], 'is above bytesPerDay', 'A file of that size could never be fetched.')
  }
  if (places.database?.engine === 'postgres' && read.store === 'folder' && read.folder === undefined)
    return undefined
  return {
    fetch: read.fetch ?? true,
    store:
      read.store === 's3'
        ? {
            type: 's3',
            endpoint,
            bucket,
            region: read.region ?? 'us-east-1',
            accessKeyId,
            secretAccessKey,
            prefix: read.prefix ?? '',
            folder: join(folder, 'incoming'),
          }
        : { type: 'folder', folder },
    keepMs: read.keepMs ?? 0,
    maxBytes: read.maxBytes ?? 0,
    bytesPerDay: read.bytesPerDay ?? 0,
    concurrency: read.concurrency ?? 0,
    timeoutMs: read.timeoutMs ?? 0,
  }
}
