import { z } from 'zod'
import type { HubConfig, InstanceConfig } from '../../core/config.ts'
import { verified } from '../../core/gateway.ts'
import type { HttpClient } from '../../core/ports.ts'
import { type DeliveryReceipt, deliver, gatewayOf } from '../deliver.ts'
import { localUrl } from '../hub-api.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const healthy = z.object({ status: z.literal('healthy') })

/**
 * Is the hub of this configuration running?
 * @param startable whether it could be started as things are
 */
export async function hubFindings(
  config: HubConfig,
  http: HttpClient,
  { startable }: { startable: boolean },
): Promise<{ running: boolean; findings: Finding[] }> {
  const about = { check: 'hub' } as const
  if (config.port === 0)
    return {
      running: false,
      findings: [
        warn(
          about,
          'The port is 0, so nobody can tell where the hub listens.',
          'Give it a port of its own to have this checked.',
        ),
      ],
    }
  const url = localUrl(config)
  const outcome = await http({ method: 'GET', url: `${url}/health`, timeoutMs: 5_000 })
  if (outcome.type !== 'answered')
    return {
      running: false,
      findings: [
        fail(
          about,
          `No hub runs at ${url}: ${outcome.reason}. What gateways post now is lost once they give up.`,
          startable ? 'Start it: pombo serve' : 'Mend the store, as told above; then start it: pombo serve',
        ),
      ],
    }
  if (!healthy.safeParse(json(outcome.body)).success)
    return {
      running: false,
      findings: [
        fail(
          about,
          `What answers at ${url} is another program (status ${outcome.status}).`,
          'Stop it, or give the hub another port.',
        ),
      ],
    }
  return {
    running: true,
    findings: [
      ok(about, `The hub runs at ${url}.`),
      ...(await keyFindings(url, config.apiKey, http)),
      ...(await roleFindings(url, config.apiKey, http)),
    ],
  }
}

const nodesPage = z.object({ data: z.array(z.object({ roles: z.array(z.string()) })) })
const STANDS_STILL = {
  worker: 'what is accepted waits, and nobody handles it',
  sender: 'what is to be sent waits, and nothing goes out',
}

/** Each node of an installation may be healthy, and yet nobody do what all of them leave to others. */
async function roleFindings(url: string, apiKey: string | undefined, http: HttpClient): Promise<Finding[]> {
  if (apiKey === undefined) return []
  const outcome = await http({
    method: 'GET',
    url: `${url}/api/v1/nodes?limit=200`,
    headers: { authorization: `Bearer ${apiKey}` },
    timeoutMs: 5_000,
  })
  const page = nodesPage.safeParse(outcome.type === 'answered' ? json(outcome.body) : undefined)
  if (!page.success) return []
  return Object.entries(STANDS_STILL)
    .filter(([role]) => page.data.data.every(({ roles }) => !roles.includes(role)))
    .map(([role, consequence]) =>
      warn(
        { check: 'hub' },
        `No living node has the role ${role}: ${consequence}.`,
        `Start one: pombo serve --role ${role}`,
      ),
    )
}

/** A hub that was started before the key was changed knows the old one. */
async function keyFindings(url: string, apiKey: string | undefined, http: HttpClient): Promise<Finding[]> {
  if (apiKey === undefined) return []
  const outcome = await http({
    method: 'GET',
    url: `${url}/api/v1/instances?limit=1`,
    headers: { authorization: `Bearer ${apiKey}` },
    timeoutMs: 5_000,
  })
  if (outcome.type !== 'answered' || outcome.status !== 401) return []
  return [
    warn(
      { check: 'hub' },
      'The running hub does not take this POMBO_API_KEY: it was started with another one, or with none.',
      'Restart it with the same environment, or set the key it has.',
    ),
  ]
}

/**
 * Posts a harmless delivery to an instance's own webhook, signed as its gateway would: on this machine, and by
 * the way gateways take if there is another.
 * @param id makes it unlike any before
 */
export async function roundTripFindings(
  instance: InstanceConfig,
  config: HubConfig,
  http: HttpClient,
  id: string,
): Promise<Finding[]> {
  const about = { check: 'round trip', instance: instance.id } as const
  const delivery = testDelivery(id)
  if (!isHarmless(instance, delivery.body))
    return [
      warn(about, 'Left out: this gateway would take the test delivery for a real event.', 'Report it.'),
    ]
  const local = localUrl(config)
  const near = await deliver(http, local, instance, delivery)
  const { publicUrl } = config
  const findings = [nearFinding(near, about, instance, local)]
  if (publicUrl === undefined || publicUrl === local || near.type !== 'taken') return findings
  const far = await deliver(http, publicUrl, instance, testDelivery(`${id}-public`))
  return [...findings, farFinding(far, about, publicUrl)]
}

/**
 * An event no gateway has, marked as what it is. Written so that any program in between that reads and rewrites it
 * changes its bytes, and with them its signature.
 */
const testDelivery = (id: string) => ({
  contentType: 'application/json',
  body: Buffer.from(
    `{"event": "pombo.doctor",  "EventType":"pombo.doctor", "harmless":true, "bytes":"é \\u00e9 <&> \\/", "number":1.0, "id":${JSON.stringify(id)}}\n`,
  ),
})

/** By the gateway's own reading: nothing but unknown facts, of no chat. */
function isHarmless(instance: InstanceConfig, body: Buffer): boolean {
  const { events } = gatewayOf(instance).normalise(verified({ headers: {}, body }), {
    own: [],
    referencePrefix: 'doctor',
  })
  return events.every(({ fact, chat }) => fact.kind === 'unknown' && chat === undefined)
}

type About = { check: 'round trip'; instance: string }

function nearFinding(receipt: DeliveryReceipt, about: About, { id }: InstanceConfig, url: string): Finding {
  if (receipt.type === 'taken')
    return ok(
      about,
      `A signed test delivery was accepted at ${url}/webhooks/${id}; it shows as an unknown event, pombo.doctor.`,
    )
  const said = receipt.error.message
  if (receipt.type === 'no-hub') return fail(about, said, 'Start the hub: pombo serve')
  switch (receipt.error.code) {
    case 'E_UNAUTHENTICATED':
      return fail(
        about,
        `The running hub refuses what this configuration signs: ${said} It was started with another secret or key.`,
        'Restart the hub; check that it and this command read the same configuration and .env.',
      )
    case 'E_NOT_FOUND':
      return fail(
        about,
        'The running hub does not know this instance: it was started with another configuration.',
        'Restart it with this one.',
      )
    case 'E_FORBIDDEN':
      return warn(
        about,
        'webhook.allow does not hold this machine, so the way cannot be tried from here.',
        'Nothing, if the gateway’s own address is in it.',
      )
    case 'E_TOO_MANY':
      return warn(about, `The hub takes no more right now: ${said}`, 'Ask again in a minute.')
    case 'E_STORE_UNAVAILABLE':
      return fail(
        about,
        `The hub cannot store it: ${said}`,
        'Look at the disk of its database, and at its log.',
      )
    default:
      return fail(about, `The hub refused it (${receipt.error.code}): ${said}`, 'See docs/errors.md.')
  }
}

function farFinding(receipt: DeliveryReceipt, about: About, url: string): Finding {
  if (receipt.type === 'taken') return ok(about, `The same by way of ${url}.`)
  if (receipt.type === 'no-hub') {
    const { outcome } = receipt
    if (outcome.type !== 'answered')
      return fail(
        about,
        `publicUrl ${url} does not answer: ${outcome.reason}.`,
        'Check name, proxy and firewall. If only this machine cannot reach it (some routers do not loop back), try from outside.',
      )
    if (outcome.status >= 300 && outcome.status < 400)
      return fail(
        about,
        `publicUrl ${url} leads elsewhere (status ${outcome.status}, to ${URL.parse(outcome.headers.location ?? '', url)?.origin ?? 'nowhere'}), and gateways do not follow.`,
        'Write the URL it leads to into publicUrl and into the gateway.',
      )
    return fail(
      about,
      `What answers at publicUrl ${url} is no hub (status ${outcome.status}).`,
      'Check that the proxy passes /webhooks/… on to this hub, path and all.',
    )
  }
  const said = receipt.error.message
  switch (receipt.error.code) {
    case 'E_UNAUTHENTICATED':
      return fail(
        about,
        `Taken on this machine, refused by way of ${url}: ${said} Something in between changes the body or drops the signature’s header, or it is another hub.`,
        'Let the proxy pass body and headers on untouched: no rewriting of JSON, no change of encoding.',
      )
    case 'E_COMPRESSED':
      return fail(
        about,
        `Something before the hub at ${url} compresses bodies.`,
        'Switch compression of requests off there.',
      )
    case 'E_NOT_FOUND':
      return fail(
        about,
        `The hub behind ${url} does not know the instance: it is another hub, or the proxy changes the path.`,
        'Let the proxy pass /webhooks/… on unchanged, to this hub.',
      )
    case 'E_FORBIDDEN':
      return warn(
        about,
        `By way of ${url} it is refused because of its address: ${said}`,
        'Behind a proxy, list it in trustedProxies; the gateway’s own address has to be in webhook.allow.',
      )
    default:
      return fail(
        about,
        `By way of ${url} it is refused (${receipt.error.code}): ${said}`,
        'See docs/errors.md.',
      )
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
