import { expect, test } from 'vitest'
import { EMPTY_SHA256, signV4 } from './sign-v4.ts'

const access = {
  region: 'us-east-1',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  now: Date.UTC(2013, 4, 24),
}

// The worked examples of AWS's own documentation of the signature for S3.
test.each([
  [
    'reading part of an object',
    'https://examplebucket.s3.amazonaws.com/test.txt',
    { range: 'bytes=0-9' },
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'a query',
    'https://examplebucket.s3.amazonaws.com/?lifecycle',
    {},
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'a query of two',
    'https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J',
    {},
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
])('%s', async (_name, url, headers, signature) => {
  const signed = await signV4({
    ...access,
    method: 'GET',
    url: new URL(url),
    headers: headers as Record<string, string>,
    payloadHash: EMPTY_SHA256,
  })
  expect(signed.authorization).toContain(`Signature=${signature}`)
  expect(signed['x-amz-date']).toBe('20130524T000000Z')
})
