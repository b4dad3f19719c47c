import { z } from 'zod'
import { PRIVACY_VALUES, type Privacy, type ProfileClient } from '../../../core/gateway.ts'
import { type Asking, given } from './asking.ts'
import { pictureFile } from './commands.ts'
import { toAnswer } from './endings.ts'
import { Form } from './step.ts'

/** GOWA's names of what the hub calls otherwise. */
const PRIVACY_KEYS = {
  groupAdd: 'group_add',
  lastSeen: 'last_seen',
  about: 'status',
  picture: 'profile',
  readReceipts: 'read_receipts',
} as const

export function profile({ ask, tell }: Asking): ProfileClient {
  return {
    setName: (name) => tell({ method: 'POST', path: '/user/pushname', body: { push_name: name } }),
    async setPicture(url) {
      if (url === '')
        return toAnswer({
          end: 'rejected',
          code: 'unsupported',
          reason: 'GOWA cannot remove the own picture',
        })
      const file = pictureFile(url)
      if ('end' in file) return toAnswer(file)
      return tell({
        method: 'POST',
        path: '/user/avatar',
        body: new Form({}, { ...file, field: 'avatar' }),
      })
    },
    async privacy() {
      const answer = await ask({ path: '/user/my/privacy' }, z.record(z.string(), z.unknown()))
      if (!answer.ok) return answer
      const entries = Object.entries(PRIVACY_KEYS).flatMap(([key, wire]) => {
        const words = String(answer.value[wire]).replaceAll('_', '-')
        const value = PRIVACY_VALUES.find((one) => one === words)
        return value ? [[key, value] as const] : []
      })
      return given<Privacy>(Object.fromEntries(entries))
    },
  }
}
