import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Address, address, addressValue, parseAddress } from '../src/core/address.ts'
import type { Command, RejectCode, SendResult } from '../src/core/commands.ts'
import {
  EVENT_KINDS,
  type InboundEvent,
  MEDIA_TYPES,
  type Media,
  type MediaType,
  type Party,
} from '../src/core/events.ts'
import type {
  Capability,
  ClientContext,
  Gateway,
  GatewayClient,
  NormaliseContext,
  Normalised,
  RawDelivery,
  WebhookCredentials,
} from '../src/core/gateway.ts'
import { messageId } from '../src/core/ids.ts'
import type { Clock, HttpClient, HttpOutcome, Logger } from '../src/core/ports.ts'
import { noWorld } from '../src/simulator/no-world.fixture.ts'
import type { Happening, SimulatedGateway, SimulatedNumber, World } from '../src/simulator/port.ts'
import { mutate, mutation } from './mutate.ts'

/**
 * The conformance suite every gateway folder passes. A gateway hands in itself, its simulated far side and
 * what only it can know; the suite registers the tests. A case a wire generation cannot carry is skipped
 * with a written reason ({@link GatewaySuite.without}), never silently.
 */
export interface GatewaySuite {
  gateway: Gateway
  simulated: SimulatedGateway
  /** Folder of golden samples; each `*.json` file is one {@link GoldenSample} or a list of them. */
  samplesDir: URL
  /** What deliveries are proved with. A signing gateway needs two secrets, so that rotation is tested. */
  credentials: WebhookCredentials
  /** Where an HMAC of the raw bytes stands: header name in lower case, and the text before the hex. */
  signature: { header: string; prefix: string }
  /** Our number on the simulated gateway; the suite sets the generation. */
  number: Omit<SimulatedNumber, 'generation'>
  /** Gateway-specific settings as they stand in the configuration. */
  settings: unknown
  /** The simulated far side answers below this URL. */
  baseUrl: string
  /** `device` of the instance in the configuration. */
  device?: string
  /** How a medium looks after the round trip. Default: its bytes are asked from the gateway. */
  media?: (type: MediaType, generation: string) => Media
  /** generation → case → why that generation's wire cannot carry it. */
  without?: Record<string, Partial<Record<RoundTripCase, string>>>
  /** generation → capability → why that generation's own interface lacks it. */
  withoutCapability?: Record<string, Partial<Record<Capability, string>>>
  /** Bodies that carry credentials: what must be gone afterwards, and what must still be readable. */
  redactions?: readonly { body: string | Buffer; hidden: readonly string[]; kept: readonly string[] }[]
  /** Every way an HTTP exchange can end, and what a send makes of it. */
  endings: readonly Ending[]
}

/** One golden sample: an invented delivery, and exactly what it must become. */
export interface GoldenSample {
  /** Where the shape is known from, for people: product, version, document. */
  origin: string
  generation: string
  /** Context of `normalise`, where it matters. */
  context?: { own?: Address[]; referencePrefix?: string }
  /** The body: any JSON value; for bytes that are not JSON give `text` instead. */
  body?: unknown
  text?: string
  /** `events` are compared exactly; the others only where given. */
  expect: Partial<Omit<Normalised, 'events'>> & { events: InboundEvent[] }
}

/** An HTTP exchange and how the send that made it must end. */
export interface Ending {
  name: string
  outcome: HttpOutcome
  end: SendResult['end']
  code?: RejectCode
  afterMs?: number
  /** Default: a text to the customer. */
  command?: Command
}

const SECONDS = 1_788_000_000
const CUSTOMER = { address: address('phone', '5511955550101'), private: address('private', '90010020030040') }
const MEMBER = { address: address('phone', '5511955550102'), private: address('private', '90010020030041') }
const GROUP = address('group', '120363000000000001')
const TEXT = 'Olá 👋 <b>1 & 2</b> \u2028 "ok"'

interface Words {
  text: string
  id: string
  target: string
  emoji: string
}
type RoundTripCase =
  | 'text'
  | 'group text'
  | 'reply'
  | 'own text'
  | 'own api text'
  | MediaType
  | `${'image' | 'video' | 'document'} caption`
  | 'reaction'
  | 'reaction removed'
  | 'edit'
  | 'revoke'
  | 'delete-for-me'
  | 'receipt sent'
  | 'receipt delivered'
  | 'receipt read'
  | 'receipt played'
  | 'receipt self'
  | 'join'
  | 'leave'
  | 'promote'
  | 'demote'
  | 'own join'
  | 'connected'
  | 'disconnected'

/** Registers the suite. Call it at the top of a gateway's test file. */
export function gatewaySuite(suite: GatewaySuite): void {
  const { gateway, simulated } = suite
  describe(`gateway ${gateway.name}`, () => {
    describe('golden samples', () => goldenSamples(suite))
    describe('proof', () => proofs(suite))
    describe('hostile bodies', () => hostileBodies(suite))
    describe('redact', () => redaction(suite))
    for (const generation of simulated.generations) {
      describe(`round trip ${generation}`, () => roundTrips(suite, generation))
    }
    for (const generation of simulated.generations) {
      describe(`capabilities against ${generation}`, () => capabilities(suite, generation))
    }
    describe('endings of a send', () => endings(suite))
    describe('README', () => readme(suite))
  })
}

/** What the folder can do and what it leaves out is told beside it, whatever is added later. */
function readme({ gateway, samplesDir }: GatewaySuite): void {
  const text = readFileSync(new URL('../README.md', samplesDir), 'utf8')
  it('names every capability', () => {
    expect([...gateway.capabilities].filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })
  it('says what is not covered', () => expect(text).toContain('\n## Not covered, and why\n'))
}

// ── golden samples ───────────────────────────────────────────────────────────────────────────────────

const bodyOf = (sample: GoldenSample): Buffer => Buffer.from(sample.text ?? JSON.stringify(sample.body))

function readSamples(folder: URL): { name: string; sample: GoldenSample }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => {
      const content = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as GoldenSample | GoldenSample[]
      const list = Array.isArray(content) ? content : [content]
      return list.map((sample, index) => ({ name: list.length > 1 ? `${file}[${index}]` : file, sample }))
    })
}

function goldenSamples(suite: GatewaySuite): void {
  const samples = readSamples(suite.samplesDir)
  it('exist for every simulated generation', () => {
    const seen = new Set(samples.map(({ sample }) => sample.generation))
    expect([...seen]).toEqual(expect.arrayContaining([...suite.simulated.generations]))
  })
  it.each(samples)('$name', ({ sample }) => {
    const result = normalise(suite, bodyOf(sample), sample.context)
    expect(result.events).toEqual(sample.expect.events)
    expect(result).toMatchObject(sample.expect)
    for (const event of result.events) expectSound(event)
    expect(normalise(suite, bodyOf(sample), sample.context)).toEqual(result)
  })
}

// ── proof ────────────────────────────────────────────────────────────────────────────────────────────

const hmac = (secret: string, body: Buffer): string => createHmac('sha256', secret).update(body).digest('hex')

/** The body proved as configured: signed with the first secret if there is one, and under the key if there is one. */
function prove(suite: GatewaySuite, body: Buffer, credentials = suite.credentials): RawDelivery {
  const secret = credentials.secrets[0]
  const headers =
    secret === undefined ? {} : { [suite.signature.header]: suite.signature.prefix + hmac(secret, body) }
  return { headers, body, ...(credentials.key !== undefined && { urlKey: credentials.key }) }
}

function proofs(suite: GatewaySuite): void {
  const { gateway, credentials } = suite
  const { header, prefix } = suite.signature
  const body = Buffer.from('{"a":"<é> 👍"}')
  const accepts = (delivery: RawDelivery, by = credentials) => gateway.verify(delivery, by).ok

  it('accepts a delivery proved as configured, with the body as JSON', () => {
    const verification = gateway.verify(prove(suite, body), credentials)
    expect(verification.ok).toBe(true)
    if (verification.ok) expect(verification.verified.json).toEqual({ a: '<é> 👍' })
  })
  it('takes a delivery without proof only from an insecure instance', () => {
    expect(accepts({ headers: {}, body })).toBe(false)
    expect(accepts({ headers: {}, body }, { secrets: [], insecure: true })).toBe(true)
  })
  it('proves nothing without a credential', () => {
    const nothing = { secrets: [], insecure: false }
    expect(accepts({ headers: {}, body }, nothing)).toBe(false)
    expect(accepts({ headers: { [header]: prefix + hmac('', body) }, body, urlKey: '' }, nothing)).toBe(false)
  })

  // A key in the URL has its own proof; a signature is demanded beside it once secrets are configured.
  const signing: WebhookCredentials =
    gateway.proof === 'signature'
      ? credentials
      : { ...credentials, secrets: ['first-webhook-secret', 'second-webhook-secret'] }
  const good = hmac(signing.secrets[0] ?? '', body)
  const withHeader = (value: string | string[] | undefined, bytes = body) =>
    accepts({ ...prove(suite, bytes, signing), headers: { [header]: value } }, signing)

  it('accepts each of several secrets', () => {
    expect(signing.secrets.length).toBeGreaterThan(1)
    for (const secret of signing.secrets) expect(withHeader(prefix + hmac(secret, body))).toBe(true)
  })
  it('accepts upper-case hex', () => expect(withHeader(prefix + good.toUpperCase())).toBe(true))
  it.each<[string, string | string[] | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['only a prefix', prefix || 'sha256='],
    ['of another secret', prefix + hmac('another-secret', body)],
    ['of other bytes', prefix + hmac(signing.secrets[0] ?? '', Buffer.from('{"a": "<é> 👍"}'))],
    ['truncated', prefix + good.slice(0, 62)],
    ['of an odd length', prefix + good.slice(0, 63)],
    ['too long', `${prefix + good}00`],
    ['not hexadecimal', `${prefix}${'zz'.repeat(32)}`],
    ['not ASCII', `${prefix}${'é'.repeat(64)}`],
    ['of another algorithm', prefix.replace('256', '1') + good.slice(0, 40)],
    ['repeated as a list', [prefix + good, prefix + good]],
    ['repeated with a comma', `${prefix + good}, ${prefix + good}`],
    ['behind a blank', ` ${prefix + good}`],
  ])('refuses a signature that is %s', (_, value) => expect(withHeader(value)).toBe(false))
  if (prefix !== '') {
    it('demands the prefix', () => expect(withHeader(good)).toBe(false))
  }
  it('names no secret and no signature in its reason', () => {
    for (const value of [undefined, 'x', prefix + hmac('another-secret', body)]) {
      const delivery = { ...prove(suite, body, signing), headers: { [header]: value } }
      const verification = gateway.verify(delivery, signing)
      if (verification.ok) throw new Error('accepted')
      for (const secret of [...signing.secrets, ...(signing.key ? [signing.key] : []), good]) {
        expect(verification.reason).not.toContain(secret)
      }
    }
  })

  if (gateway.proof === 'url-key') {
    it('refuses a wrong, longer, shorter or missing key', () => {
      const key = credentials.key ?? ''
      for (const urlKey of [`${key}x`, key.slice(0, -1), key.toUpperCase() + key, '', undefined]) {
        expect(accepts({ headers: {}, body, ...(urlKey !== undefined && { urlKey }) })).toBe(false)
      }
    })
    it('demands the key also of a signed delivery', () => {
      expect(accepts({ headers: { [header]: prefix + good }, body }, signing)).toBe(false)
    })
  }
}

// ── hostile bodies ───────────────────────────────────────────────────────────────────────────────────

function hostileBodies(suite: GatewaySuite): void {
  const deep = `${'{"payload":'.repeat(5_000)}1${'}'.repeat(5_000)}`
  it.each<[string, string | Buffer]>([
    ['empty', ''],
    ['blank', ' \n'],
    ['not JSON', 'event=message'],
    ['half JSON', '{"event":"message","payload":{'],
    ['an array', '[]'],
    ['an array of things', '[{"event":"message"},1,null]'],
    ['null', 'null'],
    ['a number', '7'],
    ['a string', '"message"'],
    ['true', 'true'],
    ['an empty object', '{}'],
    ['deeply nested arrays', '['.repeat(20_000) + ']'.repeat(20_000)],
    ['deeply nested objects', deep],
    ['NUL in every place', '{"event":"\\u0000","payload":{"\\u0000":"\\u0000"},"message":{"id":"\\u0000"}}'],
    ['lone surrogates', '{"event":"message\\ud800","payload":{"id":"\\udc00"},"message":"\\ud83d"}'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['a prototype key', '{"__proto__":{"event":"message"},"constructor":1,"event":"__proto__"}'],
    ['an object for an event name', '{"event":{"Type":"x"},"EventType":{"a":1},"payload":[]}'],
    [
      'a very long name',
      JSON.stringify({ event: 'x'.repeat(100_000), EventType: 'y'.repeat(100_000), payload: {} }),
    ],
  ])('%s gives an event and throws nothing', (_, text) => {
    const result = normalise(suite, Buffer.from(text))
    expect(result.events.length).toBeGreaterThan(0)
    for (const event of result.events) expectSound(event)
  })

  it('mutated samples give an event and throw nothing', () => {
    const samples = readSamples(suite.samplesDir)
      .map(({ sample }) => sample)
      .filter((sample) => sample.text === undefined)
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (sample, mutations) => {
          const body = mutations.reduce(mutate, structuredClone(sample.body))
          const result = normalise(suite, Buffer.from(JSON.stringify(body) ?? ''), sample.context)
          expect(result.events.length).toBeGreaterThan(0)
          for (const event of result.events) expectSound(event)
        },
      ),
      { numRuns: 2_000 },
    )
  })
}

/** What the hub relies on in every event, whatever the wire said. */
function expectSound(event: InboundEvent): void {
  expect(EVENT_KINDS).toContain(event.fact.kind)
  expect(event.fact.kind).not.toBe('timer')
  expect(['fact', 'state', 'history']).toContain(event.identity.type)
  for (const part of event.identity.parts) expect(typeof part).toBe('string')
  if (event.identity.type !== 'state') expect(event.identity.parts.join('')).not.toBe('')
  if (event.at !== undefined) {
    expect(Number.isSafeInteger(event.at)).toBe(true)
    expect(event.at).toBeGreaterThan(0)
  }
  const { fact } = event
  const parties = [event.chat, event.sender, ...(fact.kind === 'membership' ? fact.members : [])]
  for (const party of parties) if (party) expectParty(party)
  if (fact.kind === 'unknown') {
    expect(typeof fact.name).toBe('string')
    expect(fact.name.length).toBeLessThanOrEqual(100)
  }
  if (fact.kind === 'message') {
    expect(fact.message.id).toMatch(/./s)
    if (fact.message.content.text !== undefined) expect(typeof fact.message.content.text).toBe('string')
    for (const mention of fact.message.mentions ?? []) expect(parseAddress(mention)).toBe(mention)
  }
  if ('target' in fact) expect(fact.target).toMatch(/./s)
}
function expectParty(party: Party): void {
  for (const one of [party.address, ...party.aliases]) expect(parseAddress(one)).toBe(one)
  expect(party.aliases).not.toContain(party.address)
  expect(new Set(party.aliases).size).toBe(party.aliases.length)
  if (party.name !== undefined) expect(party.name).toMatch(/./s)
}

// ── redact ───────────────────────────────────────────────────────────────────────────────────────────

function redaction(suite: GatewaySuite): void {
  const { gateway } = suite
  it('leaves a body without credentials as it is', () => {
    for (const text of ['', 'not json', 'null', '[1]', '{"a":"é 👍"}']) {
      const body = Buffer.from(text)
      expect(gateway.redact(body)).toBe(body)
    }
    const binary = Buffer.from([0xff, 0x00, 0xfe])
    expect(gateway.redact(binary)).toEqual(binary)
  })
  it.each((suite.redactions ?? []).map((one, index) => ({ index, ...one })))(
    'hides the credentials of body $index',
    ({ body, hidden, kept }) => {
      const clean = gateway.redact(Buffer.from(body)).toString('utf8')
      for (const text of hidden) expect(clean).not.toContain(text)
      for (const text of kept) expect(clean).toContain(text)
    },
  )
}

// ── round trips ──────────────────────────────────────────────────────────────────────────────────────

const party = (who: { address: Address; private: Address }): Party => ({
  address: who.address,
  aliases: [who.private],
  name: 'Ana & Bia',
})
const ownParty = (suite: GatewaySuite): Party => ({
  address: address('phone', suite.number.digits),
  aliases: [address('private', suite.number.privateDigits)],
})

/** Every happening a generation must carry, or say why it cannot. */
function happenings(
  suite: GatewaySuite,
  generation: string,
): Record<RoundTripCase, (words: Words) => Happening> {
  const media = suite.media ?? ((): Media => ({ source: { type: 'gateway' } }))
  const at = SECONDS * 1000
  const group: Party = { address: GROUP, aliases: [] }
  const direct = { chat: party(CUSTOMER), sender: party(CUSTOMER), author: 'other' as const, at }
  const inGroup = { chat: group, sender: party(MEMBER), author: 'other' as const, at }
  const own = (author: 'person' | 'api') => ({ chat: party(CUSTOMER), sender: ownParty(suite), author, at })
  const text = ({ id, text }: Words) => ({
    kind: 'message' as const,
    message: { id: messageId(id), content: { type: 'text' as const, text } },
  })
  const medium =
    (type: MediaType, caption: boolean) =>
    (words: Words): Happening => ({
      ...direct,
      fact: {
        kind: 'message',
        message: {
          id: messageId(words.id),
          content: { type, media: media(type, generation), ...(caption && { text: words.text }) },
        },
      },
    })
  const reaction = (words: Words, emoji: string): Happening => ({
    ...direct,
    fact: { kind: 'reaction', id: messageId(words.id), target: messageId(words.target), emoji },
  })
  const receipt =
    (state: 'sent' | 'delivered' | 'read' | 'played') =>
    (words: Words): Happening => ({
      ...direct,
      fact: { kind: 'receipt', target: messageId(words.target), state },
    })
  const membership = (change: 'join' | 'leave' | 'promote' | 'demote') => (): Happening => ({
    chat: group,
    author: 'other',
    at,
    fact: { kind: 'membership', change, members: [party(MEMBER)] },
  })
  const connection = (state: 'connected' | 'disconnected') => (): Happening => ({
    author: 'other',
    at,
    fact: { kind: 'connection', state },
  })
  const plain = Object.fromEntries(MEDIA_TYPES.map((type) => [type, medium(type, false)])) as Record<
    MediaType,
    (words: Words) => Happening
  >
  return {
    ...plain,
    'image caption': medium('image', true),
    'video caption': medium('video', true),
    'document caption': medium('document', true),
    text: (words) => ({ ...direct, fact: text(words) }),
    'group text': (words) => ({ ...inGroup, fact: text(words) }),
    reply: (words) => {
      const { kind, message } = text(words)
      const replyTo = { id: messageId(words.target), text: 'the quoted text' }
      return { ...direct, fact: { kind, message: { ...message, replyTo } } }
    },
    'own text': (words) => ({ ...own('person'), fact: text(words) }),
    'own api text': (words) => ({ ...own('api'), fact: text(words) }),
    reaction: (words) => reaction(words, words.emoji),
    'reaction removed': (words) => reaction(words, ''),
    edit: (words) => ({
      ...direct,
      fact: { kind: 'edit', id: messageId(words.id), target: messageId(words.target), text: words.text },
    }),
    revoke: (words) => ({ ...direct, fact: { kind: 'revoke', target: messageId(words.target) } }),
    'delete-for-me': (words) => ({
      ...own('person'),
      fact: { kind: 'delete-for-me', target: messageId(words.target) },
    }),
    'receipt sent': receipt('sent'),
    'receipt delivered': receipt('delivered'),
    'receipt read': receipt('read'),
    'receipt played': receipt('played'),
    'receipt self': (words) => ({
      ...own('person'),
      fact: { kind: 'receipt', target: messageId(words.target), state: 'read', self: true },
    }),
    join: membership('join'),
    leave: membership('leave'),
    promote: membership('promote'),
    demote: membership('demote'),
    'own join': () => ({
      chat: group,
      author: 'other',
      at,
      fact: { kind: 'membership', change: 'join', members: [ownParty(suite)], self: true },
    }),
    connected: connection('connected'),
    disconnected: connection('disconnected'),
  }
}

const words: fc.Arbitrary<Words> = fc.record({
  text: fc.oneof(
    fc.constantFrom(
      TEXT,
      '👨‍👩‍👧‍👦',
      '<script>&amp;',
      '\u2028\u2029',
      '\\u003c',
      '{"a":1}',
      'A in B',
      '\t\n\b\f"/\\',
      '٣',
      '\u0001',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  ),
  id: hexId('3EB0A'),
  target: hexId('3EB0B'),
  emoji: fc.constantFrom('👍', '❤️', '👨‍👩‍👧‍👦', '🏳️‍🌈'),
})
function hexId(prefix: string): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom(...'0123456789ABCDEF'), { minLength: 13, maxLength: 13 })
    .map((a) => prefix + a.join(''))
}

function roundTrips(suite: GatewaySuite, generation: string): void {
  const skipped = suite.without?.[generation] ?? {}
  // A gateway may tell one fact several times, e.g. a receipt from every device: by identity it is one.
  const trip = (happening: Happening): InboundEvent[] => [
    ...new Map(
      suite.simulated
        .encode(happening, { ...suite.number, generation })
        .flatMap(({ headers, body }) => verifyAndNormalise(suite, headers, body).events)
        .map((event) => [JSON.stringify([event.fact.kind, event.identity]), event]),
    ).values(),
  ]
  for (const [name, make] of Object.entries(happenings(suite, generation))) {
    const reason = skipped[name as RoundTripCase]
    if (reason !== undefined) {
      it.skip(`${name}: ${reason}`, () => {})
      it(`${name}: what there is of it is still read`, () => {
        for (const event of trip(make({ text: TEXT, id: '3EB0A1', target: '3EB0B1', emoji: '👍' })))
          expectSound(event)
      })
      continue
    }
    it(name, () => {
      fc.assert(
        fc.property(words, (some) => {
          const happening = make(some)
          const events = trip(happening)
          expect(events).toHaveLength(1)
          const event = events[0]!
          expectSound(event)
          expectSame(event, happening)
        }),
        { numRuns: 25 },
      )
    })
  }
  if (generation === suite.simulated.generations[0]) {
    it('carries own messages exactly when the gateway claims so', () => {
      const claims = suite.gateway.capabilities.has('sees-own-messages')
      expect(skipped['own text'] === undefined).toBe(claims)
    })
    it('carries connection changes exactly when the gateway claims so', () => {
      const claims = suite.gateway.capabilities.has('connection-events')
      expect(skipped.connected === undefined && skipped.disconnected === undefined).toBe(claims)
    })
  }
}

function expectSame(event: InboundEvent, happening: Happening): void {
  if (happening.fact.kind === 'membership' && event.fact.kind === 'membership') {
    const { members, ...rest } = event.fact
    const { members: expected, ...expectedRest } = happening.fact
    expect(rest).toEqual(expectedRest)
    expect(members).toHaveLength(expected.length)
    expected.forEach((member, index) => {
      expectSameParty(members[index], member)
    })
  } else expect(event.fact).toEqual(happening.fact)
  expect(event.author).toBe(happening.author)
  if (event.at !== undefined) expect(event.at).toBe(happening.at)
  if (event.reference !== undefined) expect(event.reference).toBe(happening.reference)
  if (happening.chat) expectSameParty(event.chat, happening.chat)
  else expect(event.chat).toBeUndefined()
  if (happening.sender) expectSameParty(event.sender, happening.sender)
}
/** The address is the same; a wire may show fewer aliases and no name, but nothing that is not so. */
function expectSameParty(actual: Party | undefined, expected: Party): void {
  expect(actual?.address).toBe(expected.address)
  expect(expected.aliases).toEqual(expect.arrayContaining(actual?.aliases ?? []))
}

// ── capabilities ─────────────────────────────────────────────────────────────────────────────────────

const REFERENCE = 'hub1-0198aaaa-0000-7000-8000-000000000001'

/** A World that remembers what was asked of it. */
function recordingWorld() {
  let next = 1
  const done: { what: string; [field: string]: unknown }[] = []
  const members = [
    { ...party(MEMBER), admin: false },
    { address: address('phone', '5511955550103'), aliases: [], admin: true },
  ]
  const world = noWorld({
    now: () => SECONDS * 1000,
    newMessageId: () => messageId(`3EB0C${String(next++).padStart(13, '0')}`),
    isOnWhatsApp: () => true,
    send: (message) => void done.push({ what: 'send', ...message }),
    react: (to, target, emoji) => void done.push({ what: 'react', to, target, emoji }),
    revoke: (to, target) => done.push({ what: 'revoke', to, target }) > 0,
    read: (to, targets) => void done.push({ what: 'read', to, targets }),
    typing: (to, state, ms) => void done.push({ what: 'typing', to, state, ms }),
    group: (to) => (to === GROUP ? { address: GROUP, name: 'Grupo & Cia', members, admin: true } : undefined),
    removeMember: (group, member) => done.push({ what: 'remove', group, member }) > 0,
    changeMembers: (group, change, members) =>
      members.map((member) => {
        done.push({ what: change, group, member })
        return 'done'
      }),
    // A gateway may find a message by its id alone; every one asked for is in the group.
    find: ({ id }) =>
      id === undefined
        ? []
        : [{ id, chat: GROUP, message: { id, content: { type: 'text', text: TEXT } }, at: 1, fromMe: true }],
  })
  return { world, done }
}

const clock: Clock = {
  now: () => SECONDS * 1000,
  monotonic: () => performance.now(),
  setTimeout(fn, ms) {
    const timer = setTimeout(fn, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}
const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

function connect(suite: GatewaySuite, http: HttpClient): GatewayClient {
  const context: ClientContext = { baseUrl: suite.baseUrl, http, clock, log }
  if (suite.device !== undefined) context.device = suite.device
  return suite.gateway.connect(suite.gateway.settings.parse(suite.settings), context)
}

/** An HTTP client whose network is the simulated gateway. Path and query as the server would see them. */
function served(suite: GatewaySuite, number: SimulatedNumber, world: World): HttpClient {
  return async (request) => {
    const url = new URL(request.url)
    if (!request.url.startsWith(suite.baseUrl))
      return { type: 'not-sent', reason: 'not the configured gateway' }
    const headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const answer = suite.simulated.serve(
      {
        method: request.method,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers,
        body: request.body === undefined ? '' : Buffer.from(request.body).toString('utf8'),
      },
      number,
      world,
    )
    return { type: 'answered', status: answer.status, headers: answer.headers ?? {}, body: answer.body }
  }
}

function capabilities(suite: GatewaySuite, generation: string): void {
  const { gateway } = suite
  const setUp = (changes: Partial<SimulatedNumber> = {}) => {
    const { world, done } = recordingWorld()
    const number: SimulatedNumber = { ...suite.number, generation, ...changes }
    return { client: connect(suite, served(suite, number, world)), done }
  }
  const tests: { [C in Capability]?: () => Promise<void> } = {
    typing: async () => {
      const { client, done } = setUp()
      await client.typing?.(CUSTOMER.address, 'start', 50)
      expect(done[0]).toMatchObject({ what: 'typing', to: CUSTOMER.address, state: 'start' })
    },
    media: async () => {
      let sent = 0
      for (const media of MEDIA_TYPES) {
        for (const text of [undefined, TEXT]) {
          const { client, done } = setUp()
          const url = 'https://files.example.com/one.bin'
          const command: Command = { type: 'media', to: CUSTOMER.address, media, url, ...(text && { text }) }
          const result = await client.send(command, REFERENCE)
          // A kind, or a caption on it, that the gateway cannot do is refused, never silently left out.
          if (result.end === 'rejected' && result.code === 'unsupported') continue
          expect(result).toMatchObject({ end: 'sent', messageId: expect.stringMatching(/./) })
          expect(done).toHaveLength(1)
          expect(done[0]).toMatchObject({ what: 'send', to: CUSTOMER.address, content: { type: media } })
          if (text) expect(done[0]).toMatchObject({ content: { text } })
          sent += 1
        }
      }
      expect(sent).toBeGreaterThan(0)
    },
    react: async () => {
      for (const emoji of ['👍', '']) {
        const { client, done } = setUp()
        const command: Command = { type: 'react', to: CUSTOMER.address, target: messageId('3EB0B1'), emoji }
        expect(await client.send(command, REFERENCE)).toMatchObject({ end: 'sent' })
        expect(done).toEqual([{ what: 'react', to: CUSTOMER.address, target: '3EB0B1', emoji }])
      }
    },
    revoke: async () => {
      const { client, done } = setUp()
      const command: Command = { type: 'revoke', to: GROUP, target: messageId('3EB0B1') }
      expect(await client.send(command, REFERENCE)).toMatchObject({ end: 'sent' })
      expect(done).toEqual([{ what: 'revoke', to: GROUP, target: '3EB0B1' }])
    },
    read: async () => {
      const { client, done } = setUp()
      const targets = [messageId('3EB0B1'), messageId('3EB0B2')]
      expect(await client.send({ type: 'read', to: CUSTOMER.address, targets }, REFERENCE)).toEqual({
        end: 'sent',
      })
      expect(done.flatMap((one) => one.targets)).toEqual(targets)
    },
    mentions: async () => {
      for (const mentions of [[MEMBER.address], 'all'] as const) {
        const { client, done } = setUp()
        const command: Command = {
          type: 'text',
          to: GROUP,
          text: TEXT,
          mentions: mentions === 'all' ? mentions : [...mentions],
        }
        expect(await client.send(command, REFERENCE)).toMatchObject({ end: 'sent' })
        expect(done[0]?.mentions).toEqual(expect.arrayContaining([MEMBER.address]))
      }
    },
    groups: async () => {
      const { client, done } = setUp()
      const info = await client.groupInfo?.(GROUP)
      expect(info).toMatchObject({ ok: true, value: { address: GROUP, name: 'Grupo & Cia' } })
      if (info?.ok) {
        expect(info.value.members.map((member) => [member.address, member.admin])).toEqual([
          [MEMBER.address, false],
          ['phone:5511955550103', true],
        ])
      }
      expect(await client.groupInfo?.(address('group', '120363000000000999'))).toMatchObject({ ok: false })
      const command: Command = { type: 'remove-member', to: GROUP, members: [MEMBER.address] }
      expect(await client.send(command, REFERENCE)).toEqual({ end: 'sent' })
      expect(done).toEqual([{ what: 'remove', group: GROUP, member: MEMBER.address }])
    },
    references: async () => {
      const { client, done } = setUp()
      await client.send({ type: 'text', to: CUSTOMER.address, text: TEXT }, REFERENCE)
      expect(done[0]).toMatchObject({ reference: REFERENCE })
    },
  }
  for (const capability of gateway.capabilities) {
    const test = tests[capability]
    const reason = suite.withoutCapability?.[generation]?.[capability]
    if (test && reason !== undefined) it.skip(`${capability}: ${reason}`, () => {})
    else if (test) it(capability, test)
  }
  it('sends text, also as a reply and into a group', async () => {
    for (const to of [CUSTOMER.address, CUSTOMER.private, GROUP]) {
      const { client, done } = setUp()
      const command: Command = { type: 'text', to, text: TEXT, replyTo: messageId('3EB0B1') }
      expect(await client.send(command, REFERENCE)).toEqual({ end: 'sent', messageId: '3EB0C0000000000001' })
      expect(done).toHaveLength(1)
      expect(done[0]).toMatchObject({
        what: 'send',
        to,
        content: { type: 'text', text: TEXT },
        replyTo: '3EB0B1',
      })
    }
  })
  it('tells whether the number is connected, and holds its sends when not', async () => {
    expect(await setUp().client.status?.()).toEqual({ ok: true, value: 'connected' })
    const { client, done } = setUp({ connected: false })
    expect(await client.status?.()).not.toEqual({ ok: true, value: 'connected' })
    const result = await client.send({ type: 'text', to: CUSTOMER.address, text: TEXT }, REFERENCE)
    expect(result.end).toBe('hold')
    expect(done).toEqual([])
  })
  it('has no method for what it does not claim', () => {
    const { client } = setUp()
    expect(client.typing !== undefined).toBe(gateway.capabilities.has('typing'))
    expect(client.groupInfo !== undefined).toBe(gateway.capabilities.has('groups'))
  })
}

// ── endings ──────────────────────────────────────────────────────────────────────────────────────────

function endings(suite: GatewaySuite): void {
  const text: Command = { type: 'text', to: CUSTOMER.address, text: TEXT }
  const run = (outcome: HttpOutcome, command: Command = text) =>
    connect(suite, async () => outcome).send(command, REFERENCE)

  it.each(suite.endings)('$name → $end', async ({ outcome, end, code, afterMs, command }) => {
    const result = await run(outcome, command)
    expect(result).toMatchObject({ end, ...(code && { code }), ...(afterMs !== undefined && { afterMs }) })
    expectSafe(suite, result)
  })

  const answered = (status: number, body = '', headers = {}): HttpOutcome => ({
    type: 'answered',
    status,
    headers,
    body,
  })
  it.each<[string, HttpOutcome, SendResult['end']]>([
    ['refused connection', { type: 'not-sent', reason: 'ECONNREFUSED' }, 'retry'],
    ['no complete answer', { type: 'unanswered', reason: 'timeout' }, 'unknown'],
    ['408', answered(408, 'x'), 'unknown'],
    ['500 of an unknown kind', answered(500, '<html>'), 'unknown'],
    ['502', answered(502), 'unknown'],
    ['503', answered(503), 'unknown'],
    ['504', answered(504), 'unknown'],
    ['301', answered(301, '', { location: 'https://elsewhere.example.com' }), 'unknown'],
    ['200 with nothing', answered(200), 'unknown'],
    ['200 that is not JSON', answered(200, '<html>'), 'unknown'],
    ['200 with null', answered(200, 'null'), 'unknown'],
    ['200 with a list', answered(200, '[]'), 'unknown'],
    ['200 without an id', answered(200, '{}'), 'unknown'],
    ['429 with Retry-After', answered(429, '', { 'retry-after': '7' }), 'retry'],
  ])('%s → %s', async (name, outcome, end) => {
    const result = await run(outcome)
    expect(result.end).toBe(end)
    if (name.startsWith('429')) expect(result).toMatchObject({ afterMs: 7_000 })
  })

  it('never throws and gives away nothing in its reason, whatever comes back', async () => {
    const echo = [TEXT, addressValue(CUSTOMER.address), suite.number.token ?? 'token'].join(' ')
    const bodies = [
      echo,
      JSON.stringify({ code: echo, message: echo, error: echo, results: echo }),
      JSON.stringify({ code: 'VALIDATION_ERROR', message: echo, error: echo }),
      '{"message":{"message":{}},"error":[],"code":7,"results":[]}',
    ]
    for (let status = 100; status < 600; status += 1) {
      for (const body of bodies) expectSafe(suite, await run(answered(status, body)))
    }
    expectSafe(suite, await run({ type: 'unanswered', reason: 'socket hang up' }))
  })
  it('asks only the configured gateway', async () => {
    const asked: string[] = []
    const client = connect(suite, async ({ url }) => {
      asked.push(url)
      return answered(500)
    })
    const commands: Command[] = [
      text,
      { type: 'media', to: GROUP, media: 'image', url: 'https://elsewhere.example.com/a.png' },
      { type: 'react', to: CUSTOMER.address, target: messageId('../../../x?y=1#z'), emoji: '👍' },
      { type: 'revoke', to: CUSTOMER.address, target: messageId('..') },
      { type: 'read', to: CUSTOMER.address, targets: [messageId('a/b')] },
      { type: 'remove-member', to: GROUP, members: [MEMBER.address] },
    ]
    for (const command of commands) await client.send(command, REFERENCE)
    await client.status?.()
    for (const url of asked) {
      expect(url.startsWith(`${suite.baseUrl}/`)).toBe(true)
      expect(new URL(url).href.startsWith(`${suite.baseUrl}/`)).toBe(true)
    }
  })
}

/** Reasons are logged: no text, number or credential may stand in one. */
function expectSafe(suite: GatewaySuite, result: SendResult): void {
  if (result.end === 'sent') return
  expect(result.reason).toMatch(/./)
  const secret = [TEXT, addressValue(CUSTOMER.address), suite.number.token, suite.number.basicAuth?.password]
  for (const text of secret) if (text) expect(result.reason).not.toContain(text)
}

// ── shared ───────────────────────────────────────────────────────────────────────────────────────────

function normalise(suite: GatewaySuite, body: Buffer, context?: Partial<NormaliseContext>): Normalised {
  const delivery = prove(suite, body)
  return verifyAndNormalise(suite, delivery.headers, body, context)
}
function verifyAndNormalise(
  suite: GatewaySuite,
  headers: RawDelivery['headers'],
  body: Buffer,
  context?: Partial<NormaliseContext>,
): Normalised {
  const { key } = suite.credentials
  const delivery = { headers, body, ...(key !== undefined && { urlKey: key }) }
  const verification = suite.gateway.verify(delivery, suite.credentials)
  if (!verification.ok) throw new Error(`not accepted: ${verification.reason}`)
  return suite.gateway.normalise(verification.verified, {
    own: [address('phone', suite.number.digits), address('private', suite.number.privateDigits)],
    referencePrefix: 'hub1-',
    ...context,
  })
}
