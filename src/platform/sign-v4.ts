import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'

export const EMPTY_SHA256 = createHash('sha256').digest('hex')

/**
 * AWS Signature Version 4 for the S3 service.
 * @param request.payloadHash sha256 of the body, in hex
 * @param request.now ms since 1970
 * @returns the headers given, with those that prove the request
 */
export async function signV4(request: {
  method: string
  url: URL
  headers: Readonly<Record<string, string>>
  payloadHash: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  now: number
}): Promise<Record<string, string>> {
  const { method, url, headers, payloadHash, region, accessKeyId, secretAccessKey, now } = request
  const signed = await new AwsV4Signer({
    service: 's3',
    method,
    url: url.href,
    headers: { ...headers, 'x-amz-content-sha256': payloadHash },
    region,
    accessKeyId,
    secretAccessKey,
    datetime: new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, ''),
    // Otherwise it leaves out of the proof what proxies are known to change, the sort of the body included.
    allHeaders: true,
  }).sign()
  return Object.fromEntries(signed.headers)
}
