/** Words everybody tries first; also what examples in documentation show. Letters and digits only. */
export const KNOWN_SECRETS: readonly string[] = [
  ['secret', 'mysecret', 'yoursecret', 'yoursecretkey', 'yoursecrethere', 'supersecret', 'supersecretkey'],
  ['webhooksecret', 'mywebhooksecret', 'yourwebhooksecret', 'webhook', 'webhookkey', 'yourwebhookkey'],
  [
    'password',
    'mypassword',
    'yourpassword',
    'passw0rd',
    'letmein',
    'qwerty',
    'qwertyuiop',
    'admin',
    'administrator',
  ],
  [
    'changeme',
    'changethis',
    'replaceme',
    'default',
    'example',
    'test',
    'demo',
    'token',
    'yourtoken',
    'apikey',
    'yourapikey',
  ],
  ['123456', '1234567', '12345678', '123456789', '1234567890', '123456789012', '0123456789', '012345678901'],
].flat()

/** The known word a secret is, also when written twice or with other signs between; undefined if it is none. */
export function knownSecret(secret: string): string | undefined {
  const folded = secret.toLowerCase().replace(/[^a-z0-9]/g, '')
  return KNOWN_SECRETS.find((word) => folded !== '' && folded.replaceAll(word, '') === '')
}
