import { z } from 'zod'
import { PRIVACY_VALUES, type Privacy, type ProfileClient } from '../../../core/gateway.ts'
import { text } from '../wire/fields.ts'
import { type Asking, done, refuse, toVoid } from './asking.ts'
import { SEND_TIMEOUT_MS } from './caller.ts'
import { pictureForm } from './change.ts'

/** Our keys of privacy → uazapi's. */
const KEYS = {
  groupAdd: 'groupadd',
  lastSeen: 'last',
  about: 'status',
  picture: 'profile',
  readReceipts: 'readreceipts',
  online: 'online',
  callAdd: 'calladd',
} as const
const KEY_LIST = Object.entries(KEYS)
const toWire = (value: string): string => value.replaceAll('-', '_')
const privacyBody = z.record(z.string(), z.unknown())

function readPrivacy(body: unknown): Privacy | undefined {
  const read = privacyBody.safeParse(body)
  if (!read.success) return undefined
  const found = KEY_LIST.flatMap(([key, wire]) => {
    const word = text.parse(read.data[wire])
    const value = PRIVACY_VALUES.find((one) => toWire(one) === word)
    return value === undefined ? [] : [[key, value] as const]
  })
  return found.length > 0 ? Object.fromEntries(found) : undefined
}

export function profileClient({ ask }: Asking): ProfileClient {
  const path = '/instance/privacy'
  return {
    async setName(name) {
      if (name === '' || name.length > 25) return refuse('invalid', 'A profile name has 1 to 25 characters.')
      return toVoid(await ask({ method: 'POST', path: '/profile/name', body: { name }, about: 'chat' }, done))
    },
    async setPicture(url) {
      const image = pictureForm(url)
      if (image === undefined) {
        return refuse('invalid', 'The picture is no http(s) address and no base64 data, or too large.')
      }
      return toVoid(
        await ask(
          {
            method: 'POST',
            path: '/profile/image',
            body: { image },
            about: 'chat',
            timeoutMs: SEND_TIMEOUT_MS,
          },
          done,
        ),
      )
    },
    privacy: () => ask({ method: 'GET', path, about: 'instance' }, readPrivacy),
    async setPrivacy(change) {
      const keys = new Map<string, string>(KEY_LIST)
      if (Object.keys(change).some((key) => !keys.has(key))) {
        return refuse('invalid', `uazapi has these settings of privacy: ${[...keys.keys()].join(', ')}.`)
      }
      const body = Object.fromEntries(
        Object.entries(change).map(([key, value]) => [keys.get(key) ?? key, toWire(value)]),
      )
      if (Object.keys(body).length === 0) return refuse('invalid', 'No setting of privacy is given.')
      return ask({ method: 'POST', path, body, about: 'instance' }, readPrivacy)
    },
  }
}
