import { testHub } from 'pombo/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { translating } from './bot.ts'
import { Cache } from './cache.ts'
import { type Mode, type Service, startService } from './service.ts'
import { createTranslator, type TranslatorOptions } from './translator.ts'

const SORRY = 'I cannot translate right now. Please try again in a few minutes.'

let service: Service
beforeEach(async () => {
  service = await startService()
})
afterEach(async () => {
  vi.useRealTimers()
  await service.close()
})

async function start(options: Partial<TranslatorOptions> = {}) {
  const bot = translating(createTranslator({ url: service.url, timeoutMs: 150, ...options }))
  const hub = await testHub({ bot })
  return { hub, ana: hub.customer('+55 11 91234-5678'), [Symbol.asyncDispose]: () => hub.stop() }
}

test('translates, quotes what it translates, and asks only once for the same', async () => {
  await using scene = await start()
  const { ana } = scene
  const { id } = await ana.says('/translate Bom dia, Ana')
  expect(ana.messages.at(-1)).toMatchObject({ text: 'Good day, Ana', replyTo: id })
  await ana.says('/translate Bom dia, Ana')
  expect(ana.heard).toEqual(['Good day, Ana', 'Good day, Ana'])
  expect(service.calls).toBe(1)
})

test('what is no text for it is answered without asking', async () => {
  await using scene = await start()
  await scene.ana.says('/translate')
  expect(scene.ana.last).toMatch(/^Write \/translate and a text/)
  await scene.ana.says(`/translate ${'x'.repeat(1_001)}`)
  expect(scene.ana.last).toMatch(/too long/)
  expect(service.calls).toBe(0)
})

describe('when the service', () => {
  test.each<Mode>(['slow', 'failing', 'garbage', 'wrong', 'endless', 'hangs up'])(
    'is %s, the customer gets a plain answer, once, and the bot goes on',
    async (mode) => {
      service.mode = mode
      await using scene = await start()
      const { ana, hub } = scene
      await ana.says('/translate olá')
      await ana.says('/help')
      expect(ana.heard).toEqual([SORRY, 'Write /translate and a text.'])
      // No turn failed: none is tried again behind the customer's back.
      expect(hub.failures).toEqual([])
      await hub.clock.advance('1h')
      expect(ana.heard).toHaveLength(2)
      expect(service.calls).toBe(1)

      service.mode = 'good'
      await ana.says('/translate olá')
      expect(ana.last).toBe('hello')
    },
  )

  test('is not there at all, the same', async () => {
    await service.close()
    await using scene = await start()
    await scene.ana.says('/translate olá')
    expect(scene.ana.last).toBe(SORRY)
  })

  test('fails three times in a row, it is left alone for a while, then tried once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const translator = createTranslator({ url: service.url, failures: 3, pauseMs: 30_000 })
    const why = async (text: string) => {
      const result = await translator.translate(text, 'en')
      return result.type === 'unavailable' ? result.why : result.type
    }
    service.mode = 'failing'
    expect([await why('olá'), await why('olá'), await why('olá')]).toEqual(['failing', 'failing', 'failing'])
    expect(await why('olá')).toBe('paused')
    expect(service.calls).toBe(3)

    vi.setSystemTime(Date.now() + 30_001)
    expect(await why('olá')).toBe('failing') // the one that was let through
    expect(await why('olá')).toBe('paused')
    expect(service.calls).toBe(4)

    service.mode = 'good'
    vi.setSystemTime(Date.now() + 30_001)
    expect([await why('olá'), await why('gato')]).toEqual(['translated', 'translated'])
  })

  test('refuses a text, that is no sign of bad health', async () => {
    const translator = createTranslator({ url: service.url, failures: 1 })
    expect(await translator.translate('bonjour', 'fr')).toEqual({ type: 'refused' })
    expect(await translator.translate('olá', 'en')).toEqual({ type: 'translated', text: 'hello' })
  })

  test('is paused, what is remembered is still answered', async () => {
    const translator = createTranslator({ url: service.url, failures: 1 })
    await translator.translate('olá', 'en')
    service.mode = 'failing'
    await translator.translate('gato', 'en')
    expect(await translator.translate('gato', 'en')).toEqual({ type: 'unavailable', why: 'paused' })
    expect(await translator.translate('olá', 'en')).toEqual({ type: 'translated', text: 'hello' })
  })
})

test('the cache forgets what is old and what was not asked for longest', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const cache = new Cache<number>(2, 1_000)
  cache.set('a', 1)
  cache.set('b', 2)
  expect(cache.get('a')).toBe(1)
  cache.set('c', 3)
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
  vi.setSystemTime(Date.now() + 1_000)
  expect(cache.get('a')).toBeUndefined()
})

test('the stand-in changes its mode by request', async () => {
  const ask = (mode: string) => fetch(`${service.url}/mode/${mode}`, { method: 'POST' })
  expect((await ask('hangs%20up')).status).toBe(200)
  expect(service.mode).toBe('hangs up')
  expect(await (await ask('furious')).text()).toContain('there are: good, slow')
})
