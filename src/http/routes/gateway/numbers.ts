import { z } from 'zod'
import { HubError } from '../../../core/errors.ts'
import { type Pairing, PRIVACY_VALUES } from '../../../core/gateway.ts'
import { pictureUrl } from '../../command-body.ts'
import { privacy } from '../../contract/gateway.ts'
import * as contract from '../../contract/instances.ts'
import type { Api, Edge } from '../../edge.ts'
import { iso } from '../../present.ts'
import { knownInstance, shownInstance } from '../registry/shared.ts'
import { answered, gatewayOf, idParams, lacking, need, told } from './ask.ts'

/** The picture of a QR code: how long it may take (ms), and most bytes. */
const PICTURE_MS = 10_000
const MAX_PICTURE = 512 * 1024

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
export function numberRoutes(api: Api, edge: Edge): void {
  const { hub } = edge

  /** A QR code as `data:` URL: a page may show no picture of another host, and none behind a login. */
  async function pictureOf({ image, headers }: Extract<Pairing, { type: 'qr' }>): Promise<string> {
    if (image.startsWith('data:')) return image
    const answer = await hub.fetchBytes?.({
      url: image,
      ...(headers && { headers }),
      timeoutMs: PICTURE_MS,
      maxBytes: MAX_PICTURE,
      reach: 'gateway',
    })
    if (answer?.type !== 'bytes')
      throw new HubError('E_GATEWAY', 'The gateway made a QR code and did not give its picture. Ask again.')
    const chunks: Uint8Array[] = []
    for await (const chunk of answer.chunks) chunks.push(chunk)
    return `data:image/png;base64,${Buffer.concat(chunks).toString('base64')}`
  }

  api.get(
    '/instances/:id',
    { schema: { params: idParams, response: { 200: contract.instanceDetail } } },
    async ({ params: { id } }) => {
      const { client, capabilities } = gatewayOf(hub, id)
      const known = knownInstance(hub, id)
      const [shown, status, version] = await Promise.all([
        shownInstance(hub, known),
        client.status?.(),
        client.version?.(),
      ])
      const server = hub.registry.serverOf(known.config)
      const admin = server && hub.registry.serverClient(server.id)
      return {
        ...shown,
        capabilities: [...capabilities].sort(),
        status: told(status),
        version: told(version),
        can: {
          pair: client.pair !== undefined && capabilities.has('pairing'),
          disconnect: client.disconnect !== undefined && capabilities.has('pairing'),
          rename: admin?.rename !== undefined,
          remove: admin !== undefined,
          webhooks: client.webhooks !== undefined && capabilities.has('webhooks'),
          instances: admin !== undefined,
        },
      }
    },
  )

  api.post(
    '/instances/:id/pair',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: contract.pairBody.default({}), response: { 200: contract.pairing } },
    },
    async (request) => {
      const { id } = request.params
      const pairing = answered(await need(hub, id, 'pair', 'pairing')(request.body.phone))
      await edge.audit(request, { action: 'instance.pair', target: id, detail: { how: pairing.type } })
      if (pairing.type === 'connected') return pairing
      const expiresAt = iso(edge.clock.now() + pairing.validMs)
      if (pairing.type === 'code') return { ...pairing, expiresAt }
      const { type, validMs } = pairing
      return { type, validMs, expiresAt, image: await pictureOf(pairing) }
    },
  )
  api.post(
    '/instances/:id/disconnect',
    { config: { scope: 'manage' }, schema: { params: idParams } },
    async (request, reply) => {
      const { id } = request.params
      answered(await need(hub, id, 'disconnect', 'pairing')())
      await edge.audit(request, { action: 'instance.disconnect', target: id })
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
    async (request, reply) => {
      const { body } = request
      const { id } = request.params
      const { setName, setPicture } = need(hub, id, 'profile', 'profile')
      if ((body.name !== undefined && !setName) || (body.picture !== undefined && !setPicture))
        throw lacking(gatewayOf(hub, id).name, 'profile')
      if (body.name !== undefined) answered(await setName!(body.name))
      if (body.picture !== undefined) answered(await setPicture!(body.picture))
      await edge.audit(request, {
        action: 'instance.profile',
        target: id,
        detail: { fields: Object.keys(body) },
      })
      return reply.code(204).send()
    },
  )
  api.get(
    '/instances/:id/privacy',
    { schema: { params: idParams, response: { 200: privacy } } },
    async ({ params: { id } }) => {
      const { privacy } = need(hub, id, 'profile', 'profile')
      if (!privacy) throw lacking(gatewayOf(hub, id).name, 'privacy')
      return answered(await privacy())
    },
  )
  api.patch(
    '/instances/:id/privacy',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: privacyBody, response: { 200: privacy } },
    },
    async (request) => {
      const { body } = request
      const { id } = request.params
      const { setPrivacy } = need(hub, id, 'profile', 'privacy')
      if (!setPrivacy) throw lacking(gatewayOf(hub, id).name, 'privacy')
      const now = answered(await setPrivacy(body))
      await edge.audit(request, {
        action: 'instance.privacy',
        target: id,
        detail: { fields: Object.keys(body) },
      })
      return now
    },
  )
}
