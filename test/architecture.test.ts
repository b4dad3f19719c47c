import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { cruise, type ICruiseResult, type IViolation } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { afterAll, describe, expect, test } from 'vitest'
import configuration from '../.dependency-cruiser.ts'

const root = join(import.meta.dirname, '..')
const temporary = mkdtempSync(join(tmpdir(), 'pombo-architecture-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

type Tree = Record<string, string>
let trees = 0

/** Writes a tree of its own for each look: the tool remembers what it read by path. */
async function violations(tree: Tree): Promise<IViolation[]> {
  const folder = join(temporary, String(++trees))
  for (const [path, text] of Object.entries({ ...PACKAGES, ...tree })) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const tsConfig = join(folder, 'tsconfig.json')
  const { output } = await cruise(
    ['src', 'console'].filter((name) => existsSync(join(folder, name))),
    {
      ...configuration.options,
      baseDir: folder,
      tsConfig: { fileName: tsConfig },
      ruleSet: configuration,
      validate: true,
    },
    undefined,
    { tsConfig: extractTSConfig(tsConfig) },
  )
  return (output as ICruiseResult).summary.violations
}

const FAKE_PACKAGES = [
  'zod',
  'kysely',
  'fastify',
  'undici',
  'nodemailer',
  'standardwebhooks',
  'pino',
  'prom-client',
  'pg',
  'vitest',
  'unlisted',
]
const PACKAGES: Tree = {
  'package.json': JSON.stringify({
    type: 'module',
    dependencies: Object.fromEntries(
      FAKE_PACKAGES.filter((name) => name !== 'vitest' && name !== 'unlisted').map((name) => [name, '1.0.0']),
    ),
    devDependencies: { vitest: '1.0.0' },
  }),
  'tsconfig.json': readFileSync(join(root, 'tsconfig.json'), 'utf8'),
  ...Object.fromEntries(
    FAKE_PACKAGES.flatMap((name) => [
      [
        `node_modules/${name}/package.json`,
        JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js' }),
      ],
      [`node_modules/${name}/index.js`, 'export default 1\n'],
    ]),
  ),
}

/** A file that imports: types by `t:`, values otherwise. */
const imports = (...specifiers: string[]): string =>
  `${specifiers
    .map((s, i) =>
      s.startsWith('t:') ? `import type { T${i} } from '${s.slice(2)}'` : `import * as v${i} from '${s}'`,
    )
    .join(
      '\n',
    )}\nexport type A = ${specifiers.map((s, i) => (s.startsWith('t:') ? `T${i}` : `typeof v${i}`)).join(' | ') || '1'}\n`

/** A hub that has no part in it. */
const HUB: Tree = { 'src/main.ts': imports('zod') }

/** For each rule: a tree that breaks it, and the same tree repaired. */
const CASES: Record<string, { broken: Tree; repaired: Tree }[]> = {
  'no-circular': [
    {
      broken: { 'src/core/a.ts': imports('./b.ts'), 'src/core/b.ts': imports('./a.ts') },
      repaired: { 'src/core/a.ts': imports('./b.ts'), 'src/core/b.ts': imports() },
    },
    {
      broken: { 'src/core/a.ts': imports('t:./b.ts'), 'src/core/b.ts': imports('t:./a.ts') },
      repaired: { 'src/core/a.ts': imports('t:./b.ts'), 'src/core/b.ts': imports() },
    },
  ],
  'core-is-a-leaf': [
    {
      broken: { 'src/core/a.ts': imports('t:../pipeline/b.ts'), 'src/pipeline/b.ts': imports() },
      repaired: { 'src/core/a.ts': imports('t:./b.ts'), 'src/core/b.ts': imports() },
    },
  ],
  'core-needs-only-the-validator': [
    {
      broken: { 'src/core/a.ts': imports('t:kysely', 'zod') },
      repaired: { 'src/core/a.ts': imports('t:zod', 'node:crypto') },
    },
  ],
  'core-never-reaches-a-vendor': [
    {
      broken: {
        'src/core/a.ts': imports('t:../pipeline/b.ts'),
        'src/pipeline/b.ts': imports('t:../gateways/x/index.ts'),
        'src/gateways/x/index.ts': imports(),
      },
      repaired: {
        'src/core/a.ts': imports(),
        'src/gateways/x/index.ts': imports('t:../../core/a.ts'),
      },
    },
  ],
  'pipeline-and-bot-see-core': [
    {
      broken: { 'src/pipeline/a.ts': imports('t:../bot/b.ts'), 'src/bot/b.ts': imports() },
      repaired: {
        'src/pipeline/a.ts': imports('t:../core/c.ts', './d.ts'),
        'src/pipeline/d.ts': imports(),
        'src/core/c.ts': imports(),
      },
    },
    {
      broken: { 'src/bot/a.ts': imports('../storage/store.ts'), 'src/storage/store.ts': imports() },
      repaired: { 'src/bot/a.ts': imports('t:../core/store.ts'), 'src/core/store.ts': imports() },
    },
  ],
  'access-sees-core': [
    {
      broken: { 'src/access/keys.ts': imports('t:../storage/store.ts'), 'src/storage/store.ts': imports() },
      repaired: { 'src/access/keys.ts': imports('t:../core/store.ts'), 'src/core/store.ts': imports() },
    },
  ],
  'alerts-see-core': [
    {
      broken: { 'src/alerts/index.ts': imports('../pipeline/loop.ts'), 'src/pipeline/loop.ts': imports() },
      repaired: { 'src/alerts/index.ts': imports('t:../core/alerts.ts'), 'src/core/alerts.ts': imports() },
    },
  ],
  'platform-sees-core': [
    {
      broken: { 'src/platform/log.ts': imports('../config.ts'), 'src/config.ts': imports() },
      repaired: { 'src/platform/log.ts': imports('t:../core/ports.ts'), 'src/core/ports.ts': imports() },
    },
  ],
  'storage-sees-core': [
    {
      broken: { 'src/storage/store.ts': imports('t:../pipeline/a.ts'), 'src/pipeline/a.ts': imports() },
      repaired: { 'src/storage/store.ts': imports('t:../core/a.ts'), 'src/core/a.ts': imports() },
    },
  ],
  'engines-do-not-mix': [
    {
      broken: {
        'src/storage/sqlite/dialect.ts': imports('../postgres/dialect.ts'),
        'src/storage/postgres/dialect.ts': imports(),
      },
      repaired: {
        'src/storage/sqlite/dialect.ts': imports('../dialect.ts'),
        'src/storage/dialect.ts': imports(),
      },
    },
  ],
  'gateways-are-islands': [
    {
      broken: { 'src/gateways/x/index.ts': imports('../y/wire.ts'), 'src/gateways/y/wire.ts': imports() },
      repaired: {
        'src/gateways/x/index.ts': imports('./wire.ts', '../../core/a.ts'),
        'src/gateways/x/wire.ts': imports(),
        'src/core/a.ts': imports(),
      },
    },
    {
      broken: {
        'src/gateways/x/simulator.ts': imports('t:../../simulator/world.ts'),
        'src/simulator/world.ts': imports(),
      },
      repaired: {
        'src/gateways/x/simulator.ts': imports('t:../../simulator/port.ts'),
        'src/simulator/port.ts': imports(),
      },
    },
  ],
  'features-are-islands': [
    {
      broken: { 'src/features/x/index.ts': imports('t:../y/index.ts'), 'src/features/y/index.ts': imports() },
      repaired: {
        'src/features/x/index.ts': imports('../../core/a.ts', '../../bot/b.ts', './c.ts'),
        'src/features/x/c.ts': imports(),
        'src/core/a.ts': imports(),
        'src/bot/b.ts': imports(),
      },
    },
    {
      broken: {
        'src/features/x/index.ts': imports('../../gateways/y/index.ts'),
        'src/gateways/y/index.ts': imports(),
      },
      repaired: { 'src/features/x/index.ts': imports('../../core/a.ts'), 'src/core/a.ts': imports() },
    },
  ],
  'http-sees-the-inside': [
    {
      broken: { 'src/http/app.ts': imports('t:../storage/store.ts'), 'src/storage/store.ts': imports() },
      repaired: {
        'src/http/app.ts': imports('t:../hub.ts', 't:../core/store.ts', '../access/index.ts'),
        'src/access/index.ts': imports('t:../core/store.ts'),
        'src/hub.ts': imports('./core/store.ts'),
        'src/core/store.ts': imports(),
      },
    },
  ],
  'hub-is-wiring': [
    {
      broken: { 'src/hub.ts': imports('t:./storage/store.ts'), 'src/storage/store.ts': imports() },
      repaired: {
        'src/hub.ts': imports('./pipeline/a.ts', './bot/b.ts', './alerts/c.ts'),
        'src/alerts/c.ts': imports(),
        'src/pipeline/a.ts': imports(),
        'src/bot/b.ts': imports(),
      },
    },
  ],
  'config-sees-core': [
    {
      broken: { 'src/config.ts': imports('t:./gateways/x/config.ts'), 'src/gateways/x/config.ts': imports() },
      repaired: { 'src/config.ts': imports('t:./core/config.ts', 'zod'), 'src/core/config.ts': imports() },
    },
  ],
  'simulator-sees-core': [
    {
      broken: {
        'src/simulator/server.ts': imports('../gateways/x/verify.ts'),
        'src/gateways/x/verify.ts': imports(),
      },
      repaired: {
        'src/simulator/server.ts': imports('../gateways/x/simulator.ts', '../core/a.ts'),
        'src/gateways/x/simulator.ts': imports(),
        'src/core/a.ts': imports(),
      },
    },
  ],
  'no-simulator-in-production': [
    {
      broken: { 'src/main.ts': imports('t:./simulator/server.ts'), 'src/simulator/server.ts': imports() },
      repaired: {
        'src/cli/bin.ts': imports('../main.ts', '../simulator/server.ts'),
        'src/main.ts': imports(),
        'src/simulator/server.ts': imports(),
      },
    },
    {
      broken: {
        'src/gateways/x/send.ts': imports('../../simulator/port.ts'),
        'src/simulator/port.ts': imports(),
      },
      repaired: { 'src/gateways/x/send.ts': imports('../../core/port.ts'), 'src/core/port.ts': imports() },
    },
  ],
  'gateway-simulators-have-one-door': [
    {
      broken: {
        'src/cli/bin.ts': imports('../gateways/x/simulator.ts'),
        'src/gateways/x/simulator.ts': imports(),
      },
      repaired: {
        'src/cli/bin.ts': imports('../simulator/index.ts'),
        'src/simulator/index.ts': imports('../gateways/x/simulator.ts'),
        'src/gateways/x/simulator.ts': imports(),
      },
    },
  ],
  'only-the-root-knows-concretes': [
    {
      broken: { 'src/index.ts': imports('./gateways/index.ts'), 'src/gateways/index.ts': imports() },
      repaired: { 'src/main.ts': imports('./gateways/index.ts'), 'src/gateways/index.ts': imports() },
    },
    {
      broken: {
        'src/hub.ts': imports('t:./storage/sqlite/driver.ts'),
        'src/storage/sqlite/driver.ts': imports(),
      },
      repaired: {
        'src/testing/hub.ts': imports('../storage/sqlite/driver.ts'),
        'src/storage/sqlite/driver.ts': imports(),
      },
    },
    {
      broken: { 'src/pipeline/a.ts': imports('../platform/log.ts'), 'src/platform/log.ts': imports() },
      repaired: { 'src/main.ts': imports('./platform/log.ts'), 'src/platform/log.ts': imports() },
    },
  ],
  'lists-know-folders-by-their-index': [
    {
      broken: { 'src/gateways/index.ts': imports('./x/send.ts'), 'src/gateways/x/send.ts': imports() },
      repaired: { 'src/gateways/index.ts': imports('./x/index.ts'), 'src/gateways/x/index.ts': imports() },
    },
  ],
  'console-knows-the-contract': [
    {
      broken: { 'console/src/page.ts': imports('t:../../src/core/a.ts'), 'src/core/a.ts': imports() },
      repaired: {
        'console/src/page.ts': imports('t:../../src/http/contract/a.ts', './b.ts'),
        'console/src/b.ts': imports(),
        'src/http/contract/a.ts': imports('zod'),
      },
    },
  ],
  'console-takes-types-only': [
    {
      broken: {
        'console/src/page.ts': imports('../../src/http/contract/a.ts'),
        'src/http/contract/a.ts': imports('zod'),
      },
      repaired: {
        'console/src/page.ts': imports('t:../../src/http/contract/a.ts'),
        'src/http/contract/a.ts': imports('zod'),
      },
    },
  ],
  'console-runs-in-a-browser': [
    {
      broken: { ...HUB, 'console/src/page.ts': imports('node:crypto') },
      repaired: { ...HUB, 'console/src/page.ts': imports('./b.ts'), 'console/src/b.ts': imports() },
    },
  ],
  'hub-does-without-the-console': [
    {
      broken: { 'src/main.ts': imports('../console/src/a.ts'), 'console/src/a.ts': imports() },
      repaired: { 'src/main.ts': imports('./a.ts'), 'src/a.ts': imports() },
    },
  ],
  'pages-are-loaded-when-opened': [
    {
      broken: {
        ...HUB,
        'console/src/pages/x/routes.ts': imports('./page.tsx'),
        'console/src/pages/x/page.tsx': imports(),
      },
      repaired: {
        ...HUB,
        'console/src/pages/x/routes.ts': "export const page = () => import('./page.tsx')\n",
        'console/src/pages/x/page.tsx': imports(),
      },
    },
  ],
  'drivers-stay-home-sqlite': home('node:sqlite', 'src/storage/store.ts', 'src/storage/sqlite/driver.ts'),
  'drivers-stay-home-postgres': home('pg', 'src/storage/store.ts', 'src/storage/postgres/driver.ts'),
  'drivers-stay-home-kysely': home('kysely', 'src/http/api.ts', 'src/storage/store.ts'),
  'drivers-stay-home-fastify': home('fastify', 'src/cli/bin.ts', 'src/http/app.ts'),
  'drivers-stay-home-undici': home('undici', 'src/gateways/x/send.ts', 'src/platform/http-client.ts'),
  'drivers-stay-home-nodemailer': home('nodemailer', 'src/alerts/index.ts', 'src/platform/mail.ts'),
  'drivers-stay-home-standardwebhooks': home(
    'standardwebhooks',
    'src/platform/mail.ts',
    'src/alerts/webhook.ts',
  ),
  'drivers-stay-home-pino': home('pino', 'src/main.ts', 'src/platform/log.ts'),
  'drivers-stay-home-prom-client': home('prom-client', 'src/http/metrics.ts', 'src/platform/metrics.ts'),
  'not-to-dev-dep': home('vitest', 'src/testing/hub.ts', 'src/testing/hub.test.ts'),
  'not-to-unlisted': [
    {
      broken: { 'src/main.ts': imports('unlisted') },
      repaired: { 'src/main.ts': imports('zod') },
    },
  ],
  'not-to-unresolvable': [
    {
      broken: { 'src/main.ts': imports('./nowhere.ts') },
      repaired: { 'src/main.ts': imports('zod') },
    },
  ],
  'no-orphans': [
    {
      broken: { 'src/core/a.ts': 'export const a = 1\n' },
      repaired: { 'src/core/a.ts': 'export const a = 1\n', 'src/core/b.ts': imports('./a.ts') },
    },
  ],
  'no-dep-on-tests': [
    {
      broken: { 'src/core/a.ts': imports('./b.test.ts'), 'src/core/b.test.ts': imports() },
      repaired: { 'src/core/b.test.ts': imports('./a.ts'), 'src/core/a.ts': imports() },
    },
  ],
}
function home(module: string, elsewhere: string, at: string): { broken: Tree; repaired: Tree }[] {
  return [{ broken: { [elsewhere]: imports(module) }, repaired: { [at]: imports(module) } }]
}

describe('rules of imports', () => {
  const rules = configuration.forbidden.map((rule) => rule.name ?? '')

  test('each rule has a seeded violation, and none is left over', () => {
    expect(Object.keys(CASES).sort()).toEqual([...rules].sort())
  })

  test.each(configuration.forbidden)('$name says why it exists', (rule) => {
    expect(rule.comment?.length).toBeGreaterThan(25)
    expect(rule.severity).toBe('error')
  })

  test.each(Object.entries(CASES))(
    '%s fires on a tree that breaks it and is silent on the repaired one',
    async (name, cases) => {
      for (const { broken, repaired } of cases) {
        expect((await violations(broken)).map((v) => v.rule.name)).toContain(name)
        expect((await violations(repaired)).map((v) => `${v.rule.name}: ${v.from} → ${v.to}`)).toEqual([])
      }
    },
  )
})

const folders = (path: string): string[] =>
  existsSync(join(root, path))
    ? readdirSync(join(root, path), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : []
const files = (path: string): string[] =>
  existsSync(join(root, path))
    ? readdirSync(join(root, path), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    : []

/** Folders that hold what several gateways or features share in tests; they are no gateway or feature. */
const SHARED = new Set(['conformance', 'testkit'])
const gateways = folders('src/gateways').filter((name) => !SHARED.has(name))
const features = folders('src/features').filter((name) => !SHARED.has(name))

/** The names a list exports: the `name` of each element of its only array. */
async function listed(path: string): Promise<string[]> {
  const module = (await import(join(root, path))) as Record<string, unknown>
  const lists = Object.values(module).filter((value) => Array.isArray(value)) as { name: string }[][]
  expect(lists, `${path} exports one array`).toHaveLength(1)
  return (lists[0] ?? []).map((element) => element.name)
}

describe('folder shape', () => {
  const GATEWAY = [
    'index.ts',
    'config.ts',
    'verify.ts',
    'wire/detect.ts',
    'normalise.ts',
    'send.ts',
    'simulator.ts',
    'README.md',
  ]
  test.each(gateways)('gateway %s has its files', (name) => {
    const have = files(`src/gateways/${name}`)
    const missing = GATEWAY.filter((file) => !have.includes(`src/gateways/${name}/${file}`))
    expect(missing).toEqual([])
    expect(
      have.some((file) => file.startsWith(`src/gateways/${name}/samples/`) && file.endsWith('.json')),
    ).toBe(true)
    expect(have.some((file) => file.endsWith('.test.ts'))).toBe(true)
  })

  const FEATURE = ['index.ts', 'README.md']
  test.each(features)('feature %s has its files', (name) => {
    const have = files(`src/features/${name}`)
    const missing = FEATURE.filter((file) => !have.includes(`src/features/${name}/${file}`))
    expect(missing).toEqual([])
    expect(have.some((file) => file.endsWith('.test.ts'))).toBe(true)
  })

  test('the list of gateways equals the folders', async () => {
    expect((await listed('src/gateways/index.ts')).sort()).toEqual(gateways.sort())
  })
  test('the list of features equals the folders', async () => {
    expect((await listed('src/features/index.ts')).sort()).toEqual(features.sort())
  })
})

describe('vocabulary', () => {
  /** Words of the wire, and names of gateways and of what they are built on. They stay in gateway folders. */
  const FOREIGN = new Set([
    'jid',
    'jids',
    'lid',
    'lids',
    'wamid',
    'chatid',
    'gowa',
    'uazapi',
    'whatsmeow',
    'baileys',
    'evolution',
    'waha',
  ])
  /** `remoteJid` → remote, Jid; `chatid` stays whole, and `chatId` is ours. */
  const words = (text: string): string[] =>
    (text.match(/\p{L}+/gu) ?? []).flatMap((run) =>
      run.split(/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u),
    )
  const foreign = (text: string): string[] => words(text).filter((word) => FOREIGN.has(word.toLowerCase()))

  test('the search finds them however they are written', () => {
    expect(foreign('remoteJid')).toEqual(['Jid'])
    expect(foreign('the JID of a GOWA device, "chatid"')).toEqual(['JID', 'GOWA', 'chatid'])
    expect(foreign('sender_lid')).toEqual(['lid'])
    expect(foreign('valid chatId slide invalid lidar evolutionary')).toEqual([])
  })

  const OURS = ['core', 'pipeline', 'bot', 'features', 'http', 'storage', 'platform'].flatMap((name) =>
    files(`src/${name}`),
  )
  const looked = [...OURS, 'src/hub.ts'].filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  test.each(looked)('%s speaks the hub’s own words', (file) => {
    const found = readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => foreign(line).map((word) => `${file}:${index + 1}: ${word}`))
    expect(found).toEqual([])
  })
})
