import { z } from 'zod'
import { PRIVACY_VALUES } from '../../../core/gateway.ts'
import { phone, pictureUrl } from '../../command-body.ts'
import type { Api, Edge } from '../../edge.ts'
import { presentInstance } from '../../present.ts'
import { answered, gatewayOf, idParams, lacking, need, told } from './ask.ts'

const privacyValue = z.enum(PRIVACY_VALUES).exactOptional()
const privacyBody = z.strictObject({
  groupAdd: privacyValue,
  lastSeen: privacyValue,
  about: privacyValue,
  picture: privacyValue,
  readReceipts: privacyValue,
  online: privacyValue,
  callAdd: privacyValue,
})

/** The number itself: how it stands, pairing, profile and privacy. */
export function numberRoutes(api: Api, { hub }: Edge): void {
  api.get('/instances/:id', { schema: { params: idParams } }, async ({ params: { id } }) => {
    const { client, capabilities } = gatewayOf(hub, id)
    const config = hub.config.instances.find((one) => one.id === id)!
    const state = (await hub.store.instanceStates()).find(({ instance }) => instance === id)
    const [status, version] = await Promise.all([client.status?.(), client.version?.()])
    return {
      ...presentInstance(config, state),
      capabilities: [...capabilities].sort(),
      status: told(status),
      version: told(version),
    }
  })

  api.post(
    '/instances/:id/pair',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: z.strictObject({ phone: phone.optional() }).default({}) },
    },
    async ({ params: { id }, body }) => answered(await need(hub, id, 'pair', 'pairing')(body.phone)),
  )
  api.post(
    '/instances/:id/disconnect',
    { config: { scope: 'manage' }, schema: { params: idParams } },
    async ({ params: { id } }, reply) => {
      answered(await need(hub, id, 'disconnect', 'pairing')())
      return reply.code(204).send()
    },
  )

  api.patch(
    '/instances/:id/profile',
    {
      config: { scope: 'manage' },
      schema: {
        params: idParams,
        body: z.strictObject({
          name: z.string().min(1).max(25).optional(),
          picture: pictureUrl.optional(),
        }),
      },
    },
    async ({ params: { id }, body }, reply) => {
      const { setName, setPicture } = need(hub, id, 'profile', 'profile')
      if ((body.name !== undefined && !setName) || (body.picture !== undefined && !setPicture))
        throw lacking(gatewayOf(hub, id).name, 'profile')
      if (body.name !== undefined) answered(await setName!(body.name))
      if (body.picture !== undefined) answered(await setPicture!(body.picture))
      return reply.code(204).send()
    },
  )
  api.get('/instances/:id/privacy', { schema: { params: idParams } }, async ({ params: { id } }) => {
    const { privacy } = need(hub, id, 'profile', 'profile')
    if (!privacy) throw lacking(gatewayOf(hub, id).name, 'privacy')
    return answered(await privacy())
  })
  api.patch(
    '/instances/:id/privacy',
    { config: { scope: 'manage' }, schema: { params: idParams, body: privacyBody } },
    async ({ params: { id }, body }) => {
      const { setPrivacy } = need(hub, id, 'profile', 'privacy')
      if (!setPrivacy) throw lacking(gatewayOf(hub, id).name, 'privacy')
      return answered(await setPrivacy(body))
    },
  )
}
