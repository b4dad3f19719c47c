import type { GatewayKind } from '../../../../src/http/contract/servers.ts'

/** A gateway's own setting: `basicAuth.username` is one inside of another. */
export interface Setting {
  path: string
  required: boolean
  hint: string | undefined
}
export type SettingValues = Readonly<Record<string, string>>

interface Schema {
  type?: unknown
  description?: unknown
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
}

/** The texts that the JSON Schema of a gateway's settings asks for. */
export function settingsOf(kind: GatewayKind | undefined): readonly Setting[] {
  const walk = ({ properties = {}, required = [] }: Schema, before: string, all: boolean): Setting[] =>
    Object.entries(properties).flatMap(([name, schema]) => {
      const path = `${before}${name}`
      const needed = all && required.includes(name)
      if (schema.properties) return walk(schema, `${path}.`, needed)
      if (schema.type !== 'string') return []
      return [
        {
          path,
          required: needed,
          hint: typeof schema.description === 'string' ? schema.description : undefined,
        },
      ]
    })
  return kind ? walk(kind.settings, '', true) : []
}

/** As the API takes them; undefined when nothing was filled in. */
export function settingsBody(values: SettingValues): Record<string, unknown> | undefined {
  const body: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(values)) {
    if (value === '') continue
    const names = path.split('.')
    const last = names.pop() ?? path
    let at = body
    for (const name of names) {
      const inner = at[name]
      const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
      at[name] = next
      at = next
    }
    at[last] = value
  }
  return Object.keys(body).length === 0 ? undefined : body
}
