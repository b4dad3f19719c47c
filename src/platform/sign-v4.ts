import { createHash, createHmac } from 'node:crypto'

export const EMPTY_SHA256 = createHash('sha256').digest('hex')

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
/** As S3 wants it: everything but letters, digits and `-_.~` escaped; the slashes of a path stay. */
const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * AWS Signature Version 4 for the S3 service. Pure.
 * @param now ms since 1970
 * @returns the headers given, with those that prove the request
 */
export function signV4(request: {
  method: string
  url: URL
  headers: Readonly<Record<string, string>>
  /** sha256 of the body, in hex. */
  payloadHash: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  now: number
}): Record<string, string> {
  const { method, url, payloadHash, region, accessKeyId } = request
  const stamp = new Date(request.now).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${stamp.slice(0, 8)}/${region}/s3/aws4_request`
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': stamp,
  }
  const names = Object.keys(headers).sort()
  const signed = names.join(';')
  const query = [...url.searchParams]
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&')
  const canonical = [
    method,
    url.pathname
      .split('/')
      .map((part) => percentEncode(decodeURIComponent(part)))
      .join('/'),
    query,
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    signed,
    payloadHash,
  ].join('\n')
  const toSign = [
    'AWS4-HMAC-SHA256',
    stamp,
    scope,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n')
  const key = ['aws4_request', 's3', region, stamp.slice(0, 8)].reduceRight<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${request.secretAccessKey}`,
  )
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  }
}
