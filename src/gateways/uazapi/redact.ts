/**
 * Masks credentials in a delivery before it is stored. uazapi puts the live instance token into every body
 * (captured on every version), bodies that describe an instance carry keys of AI providers, and those of a
 * number that logs in carry what logs it in.
 *
 * Of a JSON body only the values of credential keys change, at any depth, and the instance's own token
 * wherever it stands (in an address, in a text); every other byte stays. In bytes that are not JSON, whatever
 * looks like such a field is masked. Never throws; the same buffer when there was nothing to mask. Works on
 * bytes through Latin-1, where one character is one byte.
 */
export function redact(body: Buffer): Buffer {
  const text = body.toString('latin1')
  const json = parseJson(text)
  const masked = json === undefined ? maskLoosely(text) : maskValue(maskJson(text), ownToken(json.value))
  return masked === text ? body : Buffer.from(masked, 'latin1')
}

const MASK = '***'
/**
 * Names of credentials: `token`, `admintoken`, `openai_apikey`, `AdminToken`… A QR or pairing code lets
 * whoever has it log in for minutes; a proxy's address may carry its password.
 */
const CREDENTIAL =
  /^(?:(?:admin|instance|access)?[_-]?token|[\w-]{0,40}api[_-]?key|authorization|password|secret|qr_?code|pair(?:ing)?_?code|proxy_url)$/i

/** In Latin-1 as in UTF-8: everything JSON is made of, outside its strings, is ASCII. */
function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** Shorter ones would mask ordinary words; the configuration takes none below this either. */
const SHORTEST_TOKEN = 12
/**
 * The token beside the payload, as it stands in JSON. Only this one: a customer may write a `token` of their
 * own into a message, and must not choose what is masked.
 */
function ownToken(json: unknown): string {
  const token = typeof json === 'object' && json !== null && 'token' in json ? json.token : undefined
  if (typeof token !== 'string' || token.length < SHORTEST_TOKEN) return ''
  return JSON.stringify(token).slice(1, -1)
}
const maskValue = (text: string, value: string): string =>
  value === '' ? text : text.replaceAll(value, () => MASK)

// ── JSON: the text is known to be well formed ────────────────────────────────────────────────────────

function maskJson(text: string): string {
  const pieces: string[] = []
  let kept = 0
  let at = text.indexOf('"')
  while (at >= 0) {
    const end = stringEnd(text, at)
    const colon = skipBlanks(text, end)
    if (text[colon] === ':' && CREDENTIAL.test(readKey(text.slice(at, end)))) {
      const start = skipBlanks(text, colon + 1)
      const stop = valueEnd(text, start)
      if (isWorthHiding(text.slice(start, Math.min(stop, start + 6)))) {
        pieces.push(text.slice(kept, start), `"${MASK}"`)
        kept = stop
      }
      at = text.indexOf('"', stop)
    } else {
      at = text.indexOf('"', end)
    }
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(kept)
}

/** Absent values hide nothing, and show that there was no credential. */
const isWorthHiding = (value: string): boolean => !/^(?:""|null|true|false)/.test(value)

/** The key between the quotes, escapes resolved: `"to\u006ben"` is a token as well. */
const readKey = (quoted: string): string =>
  quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1)

/** Index after the closing quote of the string that opens at `from`. */
function stringEnd(text: string, from: number): number {
  let at = text.indexOf('"', from + 1)
  while (at >= 0) {
    let backslashes = 0
    while (text[at - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return at + 1
    at = text.indexOf('"', at + 1)
  }
  return text.length
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1
  return at
}

/** Index after the value that begins at `from`: a string, a whole object or list, or a plain word. */
function valueEnd(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    const char = text[at]
    if (char === '"') at = stringEnd(text, at) - 1
    else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') {
      depth -= 1
      if (depth < 0) return at
    } else if (
      depth === 0 &&
      (char === ',' || char === ' ' || char === '\t' || char === '\n' || char === '\r')
    )
      return at
    at += 1
    if (depth === 0 && (char === '"' || char === '}' || char === ']')) return at
  }
  return at
}

// ── anything else: half a JSON body, a form, a log line ──────────────────────────────────────────────

/** Value of a field by its name: no repetition around it, so that no input makes the search slow. */
const NAME = /token|api_?key|password|secret|authorization/gi

function maskLoosely(text: string): string {
  const pieces: string[] = []
  let kept = 0
  for (const match of text.matchAll(NAME)) {
    const start = valueAfter(text, match.index + match[0].length)
    if (match.index < kept || start === undefined) continue
    const wholeLine = match[0].toLowerCase() === 'authorization'
    const stop = looseEnd(text, start, wholeLine ? /[\r\n]/ : /[\s"',;&}\]<>]/)
    if (stop === start) continue
    pieces.push(text.slice(kept, start), MASK)
    kept = stop
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(kept)
}

/** Where the value begins after a name: past an optional quote, blanks, `:` or `=`, and an opening quote. */
function valueAfter(text: string, from: number): number | undefined {
  const colon = skipBlanks(text, skipQuote(text, from))
  if (text[colon] !== ':' && text[colon] !== '=') return undefined
  return skipQuote(text, skipBlanks(text, colon + 1))
}
function skipQuote(text: string, from: number): number {
  const at = text[from] === '\\' ? from + 1 : from
  return text[at] === '"' || text[at] === "'" ? at + 1 : from
}
/** Up to the closing quote where one was opened, else up to what ends a bare value. */
function looseEnd(text: string, from: number, end: RegExp): number {
  const quote = text[from - 1]
  const quoted = quote === '"' || quote === "'"
  const escaped = text[from - 2] === '\\'
  let at = from
  while (at < text.length) {
    const char = text[at] ?? ''
    if (quoted && char === '\\' && !escaped) at += 1
    else if (quoted ? char === quote || char === '\\' : end.test(char)) break
    at += 1
  }
  return Math.min(at, text.length)
}
