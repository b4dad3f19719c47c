import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { HubError } from '../core/errors.ts'

/** Set of IPv4 and IPv6 networks. A v4-mapped IPv6 address or block counts as the IPv4 one it stands for. */
export class Networks {
  readonly empty: boolean
  readonly #blocks = new BlockList()

  /**
   * @param blocks CIDR blocks or single addresses
   * @throws HubError E_CONFIG for text that is neither
   */
  constructor(blocks: readonly string[]) {
    this.empty = blocks.length === 0
    for (const block of blocks) {
      const [base, bits] = parseBlock(block)
      this.#blocks.addSubnet(base.toString(), bits, base.kind())
    }
  }

  /** @param ip canonical address as {@link canonicalAddress} makes it; anything else is in no network. */
  has(ip: string): boolean {
    const version = isIP(ip)
    return version !== 0 && this.#blocks.check(ip, version === 4 ? 'ipv4' : 'ipv6')
  }
}

function parseBlock(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const version = isIP(host)
  const width = version === 4 ? 32 : 128
  const digits = slash < 0 ? String(width) : text.slice(slash + 1)
  const bits = /^[0-9]{1,3}$/.test(digits) ? Number(digits) : Number.NaN
  if (version === 0 || !(bits <= width)) {
    throw new HubError(
      'E_CONFIG',
      `"${text}" is not a network. Write an address or a CIDR block, such as 203.0.113.0/24 or 2001:db8::/32.`,
    )
  }
  const base = ipaddr.parse(host)
  if (base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96) {
    return [base.toIPv4Address(), bits - 96]
  }
  return [base, bits]
}

/** One spelling per address: IPv4 dotted, IPv6 shortest, no zone, v4-mapped as IPv4. Undefined when it is none. */
export function canonicalAddress(text: string): string | undefined {
  const version = isIP(text)
  if (version === 4) return text
  if (version === 0) return undefined
  const zone = text.indexOf('%')
  return ipaddr.process(zone < 0 ? text : text.slice(0, zone)).toString()
}

/** The kernel's spelling is canonical already, but for the prefix of v4-mapped addresses and a zone. */
function socketAddress(address: string | undefined): string {
  if (address === undefined) return ''
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  return address.includes('%') ? address.slice(0, address.indexOf('%')) : address
}

/**
 * The address a request comes from. `x-forwarded-for` is read from the right, and only as far as each
 * address that vouches for the next one is a trusted proxy; what a client wrote further left is ignored.
 * An unreadable hop ends the walk at the last proxy. Empty when the socket is already gone.
 */
export function sourceOf(req: IncomingMessage, trusted: Networks): string {
  let source = socketAddress(req.socket.remoteAddress)
  const forwarded = req.headers['x-forwarded-for']
  if (trusted.empty || typeof forwarded !== 'string') return source
  let end = forwarded.length
  while (end > 0 && trusted.has(source)) {
    const comma = forwarded.lastIndexOf(',', end - 1)
    const hop = hopAddress(forwarded.slice(comma + 1, end).trim())
    if (hop === undefined) return source
    source = hop
    end = comma
  }
  return source
}

/** Some proxies add a port: `203.0.113.5:4711`, `[2001:db8::1]:4711`. */
function hopAddress(hop: string): string | undefined {
  const ported = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)
  return canonicalAddress(ported?.[1] ?? hop)
}

/**
 * Name under which a source's failures are counted: the address, or the /64 of an IPv6 one, since a single
 * machine usually has a whole /64 to choose addresses from.
 */
export function sourceKey(ip: string): string {
  if (isIP(ip) !== 6) return ip
  const parsed = ipaddr.parse(ip)
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : ip
}

/**
 * True when a request was made on this very machine: a loopback socket, and no proxy that speaks for
 * somebody else.
 */
export function isLocal(req: IncomingMessage): boolean {
  const address = socketAddress(req.socket.remoteAddress)
  const loopback = address === '::1' || address.startsWith('127.')
  const { headers } = req
  return loopback && !headers['x-forwarded-for'] && !headers.forwarded && !headers['x-real-ip']
}
