import { createReadStream } from 'node:fs'
import { Agent, request } from 'undici'
import type { S3Config } from '../core/config.ts'
import type { MediaStore } from '../core/media.ts'
import type { Clock } from '../core/ports.ts'
import { emptySpool, mediaPath, spool } from './media-folder.ts'
import { EMPTY_SHA256, signV4 } from './sign-v4.ts'

const CONNECT_TIMEOUT_MS = 10_000
/** Without a byte for this long (ms) an exchange is over. */
const SILENCE_MS = 60_000

/**
 * A {@link MediaStore} in a bucket of anything that speaks the S3 protocol, under `<prefix>ab/cdef…`. Buckets are
 * named in the path, which every server understands. Bytes are signed as a whole, so what was damaged on the way
 * is refused.
 */
export async function openMediaBucket(
  options: S3Config,
  { clock, spoolBefore }: { clock: Clock; spoolBefore?: number },
): Promise<MediaStore & { close(): Promise<void> }> {
  const { endpoint, bucket, prefix, folder } = options
  await emptySpool(folder, spoolBefore)
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  })
  const ask = async (
    method: 'GET' | 'HEAD' | 'PUT' | 'DELETE',
    hash: string,
    body?: { path: string; bytes: number },
  ) => {
    const url = new URL(`${endpoint}/${encodeURIComponent(bucket)}/${prefix}${mediaPath(hash)}`)
    const headers = await signV4({
      ...options,
      method,
      url,
      headers: body ? { 'content-type': 'application/octet-stream' } : {},
      payloadHash: body ? hash : EMPTY_SHA256,
      now: clock.now(),
    })
    return request(url, {
      dispatcher: agent,
      method,
      headers: body ? { ...headers, 'content-length': String(body.bytes) } : headers,
      body: body ? createReadStream(body.path) : null,
    })
  }
  return {
    async receive(chunks) {
      const { path, ...spooled } = await spool(folder, chunks)
      const { hash, bytes } = spooled
      return {
        ...spooled,
        async keep() {
          const there = await ask('HEAD', hash)
          await there.body.dump()
          if (there.statusCode !== 200) {
            const put = await ask('PUT', hash, { path, bytes })
            await put.body.dump()
            if (put.statusCode !== 200) throw refused(put.statusCode)
          }
          await spooled.drop()
        },
      }
    },
    async open(hash) {
      const answer = await ask('GET', hash)
      if (answer.statusCode === 200) return answer.body
      await answer.body.dump()
      if (answer.statusCode === 404) return undefined
      throw refused(answer.statusCode)
    },
    async remove(hash) {
      const answer = await ask('DELETE', hash)
      await answer.body.dump()
      if (![200, 204, 404].includes(answer.statusCode)) throw refused(answer.statusCode)
    },
    close: () => agent.destroy(),
  }
}

const refused = (status: number): Error => new Error(`the media bucket answered ${status}`)
