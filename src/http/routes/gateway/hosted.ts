import { z } from 'zod'
import type { InstanceId } from '../../../core/ids.ts'
import { addressedCommand } from '../../command-body.ts'
import type { Api, Edge } from '../../edge.ts'
import { instanceIdSchema } from '../../validation.ts'
import { answered, idParams, name, need } from './ask.ts'

const HOSTED_PARTS = ['agent', 'trigger', 'knowledge', 'function'] as const
const hostedParams = z.strictObject({ id: instanceIdSchema, part: z.enum(HOSTED_PARTS) })
const delaySeconds = z.number().int().min(0).max(3600)
const campaignBody = z
  .strictObject({
    /** Unique: a create nobody knows the end of is found again by it. */
    info: name,
    messages: z.array(addressedCommand).min(1).max(10_000),
    minDelaySeconds: delaySeconds,
    maxDelaySeconds: delaySeconds,
    at: z.iso
      .datetime({ offset: true, error: 'must be a moment such as 2026-11-20T18:00:00Z' })
      .exactOptional(),
  })
  .refine(({ minDelaySeconds, maxDelaySeconds }) => minDelaySeconds <= maxDelaySeconds, {
    path: ['maxDelaySeconds'],
    message: 'must not be less than minDelaySeconds',
  })
const MAX_CAMPAIGN_BYTES = 16 * 1024 * 1024
const fields = z.record(z.string().min(1).max(64), z.unknown())

/** What the gateway runs by itself: its agents and its campaigns. */
export function hostedRoutes(api: Api, { hub }: Edge): void {
  const hosted = (id: InstanceId) => need(hub, id, 'agents', 'hosted-agents')
  // Agents carry keys of other services: what they are set to is for those who set it.
  api.get(
    '/instances/:id/hosted/:part',
    { config: { scope: 'manage' }, schema: { params: hostedParams } },
    async ({ params }) => ({
      data: answered(await hosted(params.id).list(params.part)),
      next: null,
    }),
  )
  api.put(
    '/instances/:id/hosted/:part',
    {
      config: { scope: 'manage' },
      schema: { params: hostedParams, body: z.strictObject({ id: name.exactOptional(), fields }) },
    },
    async ({ params, body }) => answered(await hosted(params.id).edit(params.part, body)),
  )
  api.delete(
    '/instances/:id/hosted/:part/:of',
    { config: { scope: 'manage' }, schema: { params: hostedParams.extend({ of: name }) } },
    async ({ params }, reply) => {
      answered(await hosted(params.id).remove(params.part, params.of))
      return reply.code(204).send()
    },
  )
  api.patch(
    '/instances/:id/hosted',
    { config: { scope: 'manage' }, schema: { params: idParams, body: fields } },
    async ({ params: { id }, body }, reply) => {
      answered(await hosted(id).settings(body))
      return reply.code(204).send()
    },
  )
  const campaigns = (id: InstanceId) => need(hub, id, 'campaigns', 'hosted-campaigns')
  api.get(
    '/instances/:id/hosted-campaigns',
    { schema: { params: idParams } },
    async ({ params: { id } }) => ({
      data: answered(await campaigns(id).list()),
      next: null,
    }),
  )
  api.post(
    '/instances/:id/hosted-campaigns',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: campaignBody },
      bodyLimit: MAX_CAMPAIGN_BYTES,
    },
    async ({ params: { id }, body: { at, ...campaign } }, reply) => {
      const made = await campaigns(id).create({
        ...campaign,
        ...(at !== undefined && { at: Date.parse(at) }),
      })
      return reply.code(201).send(answered(made))
    },
  )
  api.post(
    '/instances/:id/hosted-campaigns/:campaign/:action',
    {
      config: { scope: 'manage' },
      schema: {
        params: z.strictObject({
          id: instanceIdSchema,
          campaign: name,
          action: z.enum(['pause', 'resume', 'delete']),
        }),
      },
    },
    async ({ params: { id, campaign, action } }, reply) => {
      answered(await campaigns(id).control(campaign, action))
      return reply.code(204).send()
    },
  )
}
