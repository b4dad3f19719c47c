import { z } from 'zod'
import type { InstanceId } from '../../../core/ids.ts'
import { addressedCommand } from '../../command-body.ts'
import { hostedCampaign, hostedCampaigns, hostedList, hostedMade } from '../../contract/gateway.ts'
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
export function hostedRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const hosted = (id: InstanceId) => need(hub, id, 'agents', 'hosted-agents')
  // Agents carry keys of other services: what they are set to is for those who set it.
  api.get(
    '/instances/:id/hosted/:part',
    { config: { scope: 'manage' }, schema: { params: hostedParams, response: { 200: hostedList } } },
    async ({ params }) => ({
      data: answered(await hosted(params.id).list(params.part)),
      next: null,
    }),
  )
  api.put(
    '/instances/:id/hosted/:part',
    {
      config: { scope: 'manage' },
      schema: {
        params: hostedParams,
        body: z.strictObject({ id: name.exactOptional(), fields }),
        response: { 200: hostedMade },
      },
    },
    async (request) => {
      const { id, part } = request.params
      const made = answered(await hosted(id).edit(part, request.body))
      await edge.audit(request, { action: 'hosted.change', target: id, detail: { part } })
      return made
    },
  )
  api.delete(
    '/instances/:id/hosted/:part/:of',
    { config: { scope: 'manage' }, schema: { params: hostedParams.extend({ of: name }) } },
    async (request, reply) => {
      const { id, part, of } = request.params
      answered(await hosted(id).remove(part, of))
      await edge.audit(request, { action: 'hosted.remove', target: id, detail: { part, of } })
      return reply.code(204).send()
    },
  )
  api.patch(
    '/instances/:id/hosted',
    { config: { scope: 'manage' }, schema: { params: idParams, body: fields } },
    async (request, reply) => {
      const { id } = request.params
      answered(await hosted(id).settings(request.body))
      await edge.audit(request, { action: 'hosted.settings', target: id })
      return reply.code(204).send()
    },
  )
  const campaigns = (id: InstanceId) => need(hub, id, 'campaigns', 'hosted-campaigns')
  api.get(
    '/instances/:id/hosted-campaigns',
    { schema: { params: idParams, response: { 200: hostedCampaigns } } },
    async ({ params: { id } }) => ({
      data: answered(await campaigns(id).list()),
      next: null,
    }),
  )
  api.post(
    '/instances/:id/hosted-campaigns',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: campaignBody, response: { 201: hostedCampaign } },
      bodyLimit: MAX_CAMPAIGN_BYTES,
    },
    async (request, reply) => {
      const { id } = request.params
      const { at, ...campaign } = request.body
      const made = answered(
        await campaigns(id).create({ ...campaign, ...(at !== undefined && { at: Date.parse(at) }) }),
      )
      await edge.audit(request, { action: 'hosted-campaign.create', target: id })
      return reply.code(201).send(made)
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
    async (request, reply) => {
      const { id, campaign, action } = request.params
      answered(await campaigns(id).control(campaign, action))
      await edge.audit(request, { action: `hosted-campaign.${action}`, target: id, detail: { campaign } })
      return reply.code(204).send()
    },
  )
}
