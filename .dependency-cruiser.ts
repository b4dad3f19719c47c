import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser'

/**
 * Which way imports may point. `docs/architecture.md` has the picture; `test/architecture.test.ts` proves
 * that every rule here fires on a tree that breaks it and is silent on the repaired one.
 */

/** Tests, and suites that tests share: they may look behind every wall. */
const TESTS = '\\.(test|suite|fixture)\\.tsx?$|/(conformance|testkit)(/|\\.ts$)'
/** A gateway's fake vendor side: the file the simulator knows, and that with the folder behind it. */
const GATEWAY_SIMULATOR_DOOR = '^src/gateways/[^/]+/simulator\\.ts$'
const GATEWAY_SIMULATOR = '^src/gateways/[^/]+/simulator(\\.ts$|/)'

const npm = (name: string): string => `(^|/)node_modules/${name}/`

/** A package that only one part of the program may know. */
const driver = (name: string, module: string, home: string, comment: string): IForbiddenRuleType => ({
  name: `drivers-stay-home-${name}`,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: `${home}|${TESTS}` },
  to: { path: module },
})

const forbidden: IForbiddenRuleType[] = [
  {
    name: 'no-circular',
    comment: 'Two files that need each other are one file, or miss a third that both may know.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'core-is-a-leaf',
    comment: 'The core is the vocabulary everybody shares. If it knew a user of its words, so would all.',
    severity: 'error',
    from: { path: '^src/core/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/core/' },
  },
  {
    name: 'core-needs-only-the-validator',
    comment: 'A library in the core is a library in every bot and gateway. Only the validator may be.',
    severity: 'error',
    from: { path: '^src/core/', pathNot: TESTS },
    to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'], pathNot: npm('zod') },
  },
  {
    name: 'core-never-reaches-a-vendor',
    comment: 'Also not through somebody else: a detour is how vendor words get into the vocabulary.',
    severity: 'error',
    from: { path: '^src/core/', pathNot: TESTS },
    to: { path: '^src/(gateways|features|storage)/', reachable: true },
  },
  {
    name: 'pipeline-and-bot-see-core',
    comment: 'They move data between ports, without SQL, HTTP or a vendor, and do not know each other.',
    severity: 'error',
    from: { path: '^src/(pipeline|bot)/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/(core|$1)/' },
  },
  {
    name: 'access-sees-core',
    comment: 'Who may do what is decided alike for pages, keys and the terminal, so it knows none of them.',
    severity: 'error',
    from: { path: '^src/access/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/(core|access)/' },
  },
  {
    name: 'alerts-see-core',
    comment: 'Alerts look at figures of the store and tell people by ports; how work is done is not theirs.',
    severity: 'error',
    from: { path: '^src/alerts/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/(core|alerts)/' },
  },
  {
    name: 'platform-sees-core',
    comment: 'Clock, log, metrics and HTTP client fill ports of the core; they know nothing of the hub.',
    severity: 'error',
    from: { path: '^src/platform/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/(core|platform)/' },
  },
  {
    name: 'storage-sees-core',
    comment: 'The store is written once, in the terms of its port. Who calls it is none of its business.',
    severity: 'error',
    from: { path: '^src/storage/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/(core|storage)/' },
  },
  {
    name: 'engines-do-not-mix',
    comment: 'An engine that borrows from another cannot be removed or replaced.',
    severity: 'error',
    from: { path: '^src/storage/(sqlite|postgres)/', pathNot: TESTS },
    to: { path: '^src/storage/(sqlite|postgres)/', pathNot: '^src/storage/$1/' },
  },
  {
    name: 'gateways-are-islands',
    comment: 'A gateway is added and deleted as one folder, so nothing but the core may be shared.',
    severity: 'error',
    from: { path: '^src/gateways/([^/]+)/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/core/|^src/gateways/$1/|^src/simulator/port\\.ts$' },
  },
  {
    name: 'features-are-islands',
    comment: 'Features meet through events, commands and the owner of a chat, never by import.',
    severity: 'error',
    from: { path: '^src/features/([^/]+)/', pathNot: `/panel/|${TESTS}` },
    to: { path: '^(src|console)/', pathNot: '^src/(core|bot)/|^src/features/$1/(?!panel/)' },
  },
  {
    name: 'http-sees-the-inside',
    comment: 'The HTTP edge serves any store, gateway and feature it is given, so it names none.',
    severity: 'error',
    from: { path: '^src/http/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/(core|pipeline|bot|access|http)/|^src/hub\\.ts$' },
  },
  {
    name: 'hub-is-wiring',
    comment: 'The hub joins ports. What fills them is chosen by the root and by tests.',
    severity: 'error',
    from: { path: '^src/hub\\.ts$' },
    to: { path: '^(src|console)/', pathNot: '^src/(core|pipeline|bot|alerts)/' },
  },
  {
    name: 'config-sees-core',
    comment: 'Settings of a gateway or feature are checked by the schema it hands in, not by name.',
    severity: 'error',
    from: { path: '^src/config(/|\\.ts$)', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: '^src/(core|bot)/|^src/config(/|\\.ts$)' },
  },
  {
    name: 'simulator-sees-core',
    comment: 'The fake far side must not share code with the hub it tests, or both share a mistake.',
    severity: 'error',
    from: { path: '^src/simulator/', pathNot: TESTS },
    to: { path: '^(src|console)/', pathNot: `^src/(core|simulator)/|${GATEWAY_SIMULATOR_DOOR}` },
  },
  {
    name: 'no-simulator-in-production',
    comment: 'Nothing that pretends may be reachable from the program that serves customers.',
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/(simulator|testing|cli)/|${GATEWAY_SIMULATOR}|${TESTS}` },
    to: { path: `^src/simulator/|${GATEWAY_SIMULATOR}` },
  },
  {
    name: 'gateway-simulators-have-one-door',
    comment: 'Only the simulator lists the fake vendor sides, so that a gateway folder can go at once.',
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/simulator/|${GATEWAY_SIMULATOR}|${TESTS}` },
    to: { path: GATEWAY_SIMULATOR },
  },
  {
    name: 'only-the-root-knows-concretes',
    comment: 'One place chooses store, gateways and features. Everybody else takes what is handed in.',
    severity: 'error',
    from: {
      path: '^src/',
      pathNot: `^src/(gateways|features|storage|platform|testing|cli|simulator)/|^src/main\\.ts$|${TESTS}`,
    },
    to: { path: '^src/(gateways|features|platform|storage/(sqlite|postgres))/' },
  },
  {
    name: 'lists-know-folders-by-their-index',
    comment: 'The list of gateways or features names folders, not their insides.',
    severity: 'error',
    from: { path: '^src/(gateways|features)/index\\.ts$' },
    to: { path: '^src/(gateways|features)/[^/]+/', pathNot: '^src/(gateways|features)/[^/]+/index\\.ts$' },
  },
  {
    name: 'console-knows-the-contract',
    comment: 'The console runs elsewhere. What it shares with the hub is what crosses the wire, and no more.',
    severity: 'error',
    from: { path: '^console/src/' },
    to: {
      path: '^src/',
      pathNot: '^src/http/contract/|^src/simulator/(phone-view\\.ts|media/)|^src/features/[^/]+/panel/',
    },
  },
  {
    name: 'console-takes-types-only',
    comment: 'A value of a contract would bring the validator, and all it knows, into the browser.',
    severity: 'error',
    from: { path: '^console/src/' },
    to: {
      path: '^src/',
      pathNot: '^src/simulator/media/|^src/features/[^/]+/panel/',
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'console-runs-in-a-browser',
    comment: 'A module of Node does not exist there.',
    severity: 'error',
    from: { path: '^console/src/', pathNot: TESTS },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'hub-does-without-the-console',
    comment: 'The hub serves the console as files. An import would make one need the other to start.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/features/[^/]+/panel/' },
    to: { path: '^console/' },
  },
  {
    name: 'pages-are-loaded-when-opened',
    comment: 'A page that is imported is part of the first paint. Its routes import it when it is opened.',
    severity: 'error',
    from: {
      path: '^console/src/(router|app|main)\\.tsx$|^console/src/shell/|^console/src/pages/[^/]+/routes\\.ts$',
    },
    to: { path: '^console/src/pages/.*\\.tsx$', dependencyTypesNot: ['dynamic-import', 'type-only'] },
  },
  driver(
    'sqlite',
    '^(node:)?sqlite$|(^|/)node_modules/better-sqlite3/',
    '^src/storage/sqlite/',
    'SQL engines differ; only their own folder may know how.',
  ),
  driver(
    'postgres',
    npm('pg'),
    '^src/storage/postgres/',
    'SQL engines differ; only their own folder may know how.',
  ),
  driver(
    'kysely',
    npm('kysely'),
    '^src/storage/',
    'SQL lives in the store. Elsewhere it would bypass fences and transactions.',
  ),
  driver(
    'fastify',
    npm('(fastify|@fastify/[^/]+|fastify-[^/]+)'),
    '^src/http/',
    'The web framework serves the edge and must not leak inwards.',
  ),
  driver(
    'undici',
    npm('undici'),
    '^src/platform/',
    'Every outgoing request passes the one client that knows timeouts and forbidden addresses.',
  ),
  driver(
    'nodemailer',
    npm('nodemailer'),
    '^src/platform/',
    'Letters leave through one port, so that whoever writes them is tested without a mail server.',
  ),
  driver(
    'standardwebhooks',
    npm('standardwebhooks'),
    '^src/alerts/',
    'How what is posted is signed belongs to those who post it.',
  ),
  driver('pino', npm('pino'), '^src/platform/', 'Logging goes through the Logger port, which redacts.'),
  driver(
    'prom-client',
    npm('prom-client'),
    '^src/platform/',
    'Metrics go through the table in the core, so that code and docs agree.',
  ),
  {
    name: 'not-to-dev-dep',
    comment: 'A development dependency is not installed where the program runs.',
    severity: 'error',
    from: { path: '^src/', pathNot: TESTS },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-optional', 'npm-peer'] },
  },
  {
    name: 'not-to-unlisted',
    comment: 'A package that is not in package.json is there by accident.',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'not-to-unresolvable',
    comment: 'The import leads nowhere, which only shows when the program starts.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-orphans',
    comment: 'A file nobody imports and that imports nothing is forgotten.',
    severity: 'error',
    from: { orphan: true, path: '^src/', pathNot: TESTS },
    to: {},
  },
  {
    name: 'no-dep-on-tests',
    comment: 'What only tests need is not shipped.',
    severity: 'error',
    from: { path: '^src/', pathNot: TESTS },
    to: { path: TESTS },
  },
]

export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    // Without this, an `import type` from the core to a gateway is not seen.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
} satisfies IConfiguration
