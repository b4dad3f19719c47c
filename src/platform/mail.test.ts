import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { createMailer } from './mail.ts'

let server: SMTPServer | undefined
afterEach(async () => {
  if (server) await new Promise<void>((closed) => server?.close(() => closed()))
  server = undefined
})

const letters: string[] = []
const logins: string[] = []
async function listen(options: SMTPServerOptions = {}): Promise<number> {
  letters.length = logins.length = 0
  server = new SMTPServer({
    logger: false,
    authOptional: true,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    onAuth({ username = '', password }, _session, done) {
      logins.push(username)
      if (password === 'right') done(null, { user: username })
      else done(new Error('no'))
    },
    onData(stream, _session, done) {
      void text(stream).then((letter) => {
        letters.push(letter)
        done()
      })
    },
    ...options,
  })
  const listening = server.listen(0, '0.0.0.0')
  await once(listening, 'listening')
  return (listening.address() as AddressInfo).port
}
const mail = {
  from: 'pombo@example.com',
  to: ['ana@example.com', 'tom@example.com'],
  subject: '[Pombo] número está desconectado',
  text: 'Olá.\n',
  messageId: '<alr_1_opened_1@example.com>',
}
const auth = { username: 'pombo', password: 'right' }

test('a letter arrives, with what recognises its double', async () => {
  const port = await listen()
  const send = createMailer({ host: '127.0.0.1', port, secure: false, auth })
  expect(await send(mail)).toEqual({ ok: true })
  expect(letters[0]).toContain('Message-ID: <alr_1_opened_1@example.com>')
  expect(letters[0]).toContain('To: ana@example.com, tom@example.com')
  expect(letters[0]).toContain('Content-Type: text/plain; charset=utf-8')
  expect(logins).toEqual(['pombo'])
})

test('without a login none is given', async () => {
  const port = await listen()
  expect(await createMailer({ host: '127.0.0.1', port, secure: false })(mail)).toEqual({ ok: true })
  expect(logins).toEqual([])
})

test.each([
  ['offers no encryption', ['STARTTLS'], 'encrypted'],
  ['has a certificate of its own making', [], 'TLS'],
])('a password never leaves this machine to a server that %s', async (_name, disabledCommands, reason) => {
  const port = await listen({ disabledCommands })
  // An address of this machine that does not look like one.
  const send = createMailer({ host: '0.0.0.0', port, secure: false, auth })
  expect(await send(mail)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) })
  expect([logins, letters]).toEqual([[], []])
})

test.each<[string, SMTPServerOptions, { password?: string; secure?: boolean }, RegExp]>([
  ['a wrong password', {}, { password: 'wrong' }, /refused the login.*\(SMTP 535\)$/],
  [
    'a recipient that is not wanted',
    {
      onRcptTo: (_to, _session, done) => done(Object.assign(new Error('no ana here'), { responseCode: 550 })),
    },
    {},
    /refused the sender or a recipient.*\(SMTP 550\)$/,
  ],
  ['a server without TLS where it should have it', {}, { secure: true }, /speaks no TLS/],
])(
  '%s is told with its cure, without the server’s words',
  async (_name, options, { password, secure = false }, reason) => {
    const port = await listen(options)
    const send = createMailer({
      host: '127.0.0.1',
      port,
      secure,
      auth: { ...auth, ...(password && { password }) },
    })
    const end = await send(mail)
    expect(end).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
    expect(JSON.stringify(end)).not.toMatch(/ana|wrong|right/)
  },
)

test('a server that is not there is told', async () => {
  const port = await listen()
  await new Promise<void>((closed) => server?.close(() => closed()))
  server = undefined
  const send = createMailer({ host: '127.0.0.1', port, secure: false })
  expect(await send(mail)).toMatchObject({ ok: false, reason: expect.stringContaining('cannot be reached') })
})
