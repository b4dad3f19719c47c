import { closest } from '../core/closest.ts'
import { HubError } from '../core/errors.ts'
import { createScrubber } from '../platform/scrub.ts'
import { packageVersion as version } from '../platform/version.ts'
import { usage } from './flags.ts'
import type { Command, Io } from './io.ts'

interface CommandEntry {
  summary: string
  about: string
  flags: readonly (readonly [flag: string, about: string])[]
  examples: readonly string[]
  /** Loaded when it is run, so that help and faults of usage come at once. */
  load(): Promise<Command>
}

const CONFIG_FLAG = [
  '-c, --config FILE',
  'configuration; else pombo.config.{ts,js,mjs,json} here, or none',
] as const

const HUB_FLAGS = [
  ['--hub URL', 'where the hub is; else host and port of the configuration here'],
  ['--key KEY', 'API key; else POMBO_API_KEY, which other users of the machine cannot see'],
  CONFIG_FLAG,
] as const

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: {
    summary: 'Run the hub',
    about:
      'Takes deliveries of the gateways, handles them and sends. SIGTERM or Ctrl-C finishes what runs, then\n' +
      'ends; a second one ends at once.',
    flags: [
      [
        '--role ROLE',
        'all (as it is unless given), ingest, worker, sender, or several with commas: worker,sender.',
      ],
      ['', 'Anything but all needs a PostgreSQL database'],
      CONFIG_FLAG,
    ],
    examples: [
      'pombo serve',
      'pombo serve --config /etc/pombo/pombo.config.json',
      'PORT=8080 pombo serve',
      'pombo serve --role worker,sender',
    ],
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  demo: {
    summary: 'Try everything on this machine, without a gateway',
    about:
      'Runs a hub, simulated gateways and a demo bot on loopback, with data of its own under ./data/demo.\n' +
      'Type as a customer on the page it names and watch the bot answer. With --config it is a bot of your own.',
    flags: [
      ['-c, --config FILE', 'try the bot, features and numbers of this configuration'],
      ['--simulator-port PORT', 'where the simulated gateways are; 3002 unless given'],
      ['--generation ID=NAME', 'version on the wire of a number, as in support=flat-7'],
    ],
    examples: [
      'pombo demo',
      'pombo demo --config pombo.config.ts',
      'PORT=8080 pombo demo --simulator-port 8081',
    ],
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  init: {
    summary: 'Begin a bot of your own',
    about:
      'Writes a small project: configuration, a bot, its test, and secrets made for it. Never overwrites a file.\n' +
      'It runs on the simulator at once, without a gateway.',
    flags: [
      ['--gateway NAME', 'gowa or uazapi; asked for on a terminal, else gowa'],
      ['--name NAME', 'name of the package; else that of the folder'],
      ['--pombo SPEC', 'a tarball or version its package.json asks for; else that of this Pombo'],
    ],
    examples: ['pombo init my-bot', 'pombo init . --gateway uazapi --name shop-bot'],
    load: async () => (await import('./commands/init.ts')).init,
  },
  doctor: {
    summary: 'Find out what is wrong, and what to do about it',
    about:
      'Looks at configuration, secrets, clock and database, asks each gateway for its version, login and webhooks,\n' +
      'and posts a harmless signed delivery to the running hub. Prints no secret. Ends with 1 if something fails.',
    flags: [CONFIG_FLAG, ['--json', 'one JSON object instead of text']],
    examples: ['pombo doctor', 'pombo doctor --json --config /etc/pombo/pombo.config.json'],
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  send: {
    summary: 'Send a text through a running hub',
    about:
      'pombo send <instance> <to> <text>. "to" is a phone number, a chat (chat_7) or an address. Ends with 0 when it is\n' +
      'queued or, with --wait, sent; 1 not sent; 3 nobody knows whether it went out; 4 still waiting.',
    flags: [
      ['--wait', 'wait until it is known how it ended, at most 90 seconds'],
      ['--idempotency-key KEY', 'the same key never sends twice; made up unless given'],
      ...HUB_FLAGS,
    ],
    examples: [
      'pombo send support +5511912345678 "Your order is ready." --wait',
      'pombo send sales chat_7 "Hello" --hub https://hub.example.com',
    ],
    load: async () => (await import('./commands/send.ts')).send,
  },
  replay: {
    summary: 'Do a delivery or an event again',
    about:
      'pombo replay <file>: posts the delivery in it to the hub, proved with the configured secret.\n' +
      'pombo replay <id>: handles an event or dead letter (evt_12) once more, and so do its effects.',
    flags: [['--instance ID', 'whose webhook takes the file; needed when there are several'], ...HUB_FLAGS],
    examples: ['pombo replay delivery.json --instance support', 'pombo replay evt_12'],
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  simulate: {
    summary: 'Play a scenario against a hub, and judge what it does',
    about:
      'pombo simulate <scenario.json>: the people of the file write, its gateways post signed deliveries and answer, well or\n' +
      'badly, as the file says. Ends with 0 when all was acknowledged and answered as expected, else with 1. The hub is\n' +
      'configured against the simulator: --setup prints how.',
    flags: [
      ['--hub URL', 'where the hub is; http://127.0.0.1:3001 unless given'],
      ['--port PORT', 'where the hub finds the gateways; else what the file says, else 3002'],
      ['--generation ID=NAME', 'version on the wire of a number; may be given several times'],
      ['--setup', 'only print what the hub’s configuration needs'],
      ['--stay', 'keep the simulator and its phone page afterwards, until Ctrl-C'],
      ['--json', 'one JSON object instead of text'],
    ],
    examples: [
      'pombo simulate hello.json --setup',
      'pombo simulate hello.json --hub http://127.0.0.1:3001',
      'pombo simulate trouble.json --generation support=flat-7 --json',
    ],
    load: async () => (await import('./commands/simulate.ts')).simulate,
  },
  migrate: {
    summary: 'Bring the database up to date, or move it to PostgreSQL',
    about:
      '`serve` brings it up to date at its start too; run it alone to upgrade before the switch.\n' +
      'With --from it moves the installation in a SQLite file into an empty PostgreSQL database, compares both, and\n' +
      'leaves a file that no hub opens. It can be stopped at any moment: run again, it goes on where it was.',
    flags: [
      ['--from sqlite:PATH', 'the installation that is to be moved; no hub may use it'],
      ['--to URL', 'postgres://user:password@host:5432/name; else the database of the configuration'],
      ['--dry-run', 'only say what would be moved, and whether it can be'],
      ['--reopen sqlite:PATH', 'take a move back: hubs open that file again'],
      CONFIG_FLAG,
    ],
    examples: [
      'pombo migrate',
      'POMBO_DATABASE_URL=sqlite:/var/lib/pombo/pombo.db pombo migrate',
      'pombo migrate --from sqlite:./data/pombo.db --to postgres://pombo:password@db.internal/pombo',
    ],
    load: async () => (await import('./commands/migrate.ts')).migrate,
  },
  owner: {
    summary: 'Let the first owner in, or one who cannot sign in any more',
    about:
      'pombo owner link: prints a link, good for 15 minutes and once. While there is no owner it makes the first one;\n' +
      'afterwards it sets a new password for an owner, whose login is named when there are several. The hub may run.',
    flags: [CONFIG_FLAG],
    examples: ['pombo owner link', 'pombo owner link ana@example.com --config /etc/pombo/pombo.config.json'],
    load: async () => (await import('./commands/owner.ts')).owner,
  },
  key: {
    summary: 'Make, list and revoke API keys',
    about:
      'pombo key create: prints a new key, which is never shown again.\n' +
      'pombo key list: every key but its secret. pombo key revoke <id>: from now on it opens nothing.\n' +
      'The hub may run.',
    flags: [
      [
        '--scope SCOPE',
        'what a new key may do: read, send, operate, manage, people; several with commas, or all',
      ],
      ['--name NAME', 'what it is called in lists; "cli" unless given'],
      ['--expires TIME', 'when it ends, as in 90d; never unless given'],
      ['--json', 'one JSON object instead of text'],
      CONFIG_FLAG,
    ],
    examples: [
      'pombo key create --scope send --name shop --expires 90d',
      'pombo key list',
      'pombo key revoke key_3',
    ],
    load: async () => (await import('./commands/key.ts')).key,
  },
  secrets: {
    summary: 'Change the key that stored secrets are sealed with',
    about:
      'pombo secrets rotate: seals tokens and webhook secrets of instances made while the hub ran with a new key. Without\n' +
      'POMBO_SECRET_KEY it makes one, in the file beside the SQLite database; else set that to the new key and\n' +
      'POMBO_SECRET_KEY_OLD to the former one. It can be stopped at any moment: run again, it goes on. A hub on SQLite\n' +
      'must be stopped; nodes on PostgreSQL go on, once each was started with both keys.',
    flags: [CONFIG_FLAG],
    examples: ['pombo secrets rotate', 'pombo secrets rotate --config /etc/pombo/pombo.config.json'],
    load: async () => (await import('./commands/secrets.ts')).secrets,
  },
  backup: {
    summary: 'Copy a SQLite database, also while the hub runs',
    about:
      'pombo backup <file>: a whole and consistent copy; overwrites nothing. A hub that is started on it holds what it\n' +
      'believes to be unsent for a person. PostgreSQL has tools of its own for this.',
    flags: [CONFIG_FLAG],
    examples: ['pombo backup /backups/pombo-2026-11-21.db'],
    load: async () => (await import('./commands/backup.ts')).backup,
  },
}

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 1 a fault that was told, 2 a command line it does not know
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io)
  } catch (error) {
    for (const line of faultLines(error)) io.err(io.colour ? coloured(line) : line)
    return error instanceof HubError && error.code === 'E_USAGE' ? 2 : 1
  }
}

async function dispatch([name, ...args]: readonly string[], io: Io): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(args[0] !== undefined && args[0] in COMMANDS ? commandHelp(args[0], io) : overview(io))
    return 0
  }
  if (name === '--version' || name === '-v') {
    io.out(version())
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) throw unknownCommand(name)
  if (args.includes('--help') || args.includes('-h')) {
    io.out(commandHelp(name, io))
    return 0
  }
  return (await command.load())(args, io)
}

function unknownCommand(name: string): HubError {
  const names = Object.keys(COMMANDS)
  if (name.startsWith('-')) {
    const meant = closest(name, ['--help', '--version'])
    return usage(`There is no flag ${name}. ${meant ? `Did you mean ${meant}? ` : ''}See: pombo --help`)
  }
  const meant = closest(name, names)
  const hint = meant ? `Did you mean "${meant}"?` : `There are ${names.join(', ')}.`
  return usage(`There is no command "${name}". ${hint} See: pombo --help`)
}

function overview(io: Io): string {
  const bold = emphasis(io)
  return [
    `${bold('Pombo')} ${version()}: the hub between WhatsApp gateways and the bots and people behind them.`,
    '',
    `${bold('Usage:')} pombo <command> [flags]`,
    '',
    ...columns(Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary])),
    '',
    ...columns([
      ['-h, --help', 'this, or help on a command: pombo serve --help'],
      ['-v, --version', 'which Pombo this is'],
    ]),
  ].join('\n')
}

function commandHelp(name: string, io: Io): string {
  const bold = emphasis(io)
  const { summary, about, flags, examples } = COMMANDS[name]!
  return [
    `${bold(`pombo ${name}`)}: ${summary}`,
    '',
    about,
    '',
    ...columns([...flags, ['-h, --help', 'this']]),
    '',
    bold('Examples:'),
    ...examples.map((example) => `  ${example}`),
  ].join('\n')
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`)
}

/** `CODE: what was wrong, what to do`. What nobody foresaw keeps the places of its stack, for a report. */
function faultLines(error: unknown): string[] {
  if (error instanceof HubError) return `${error.code}: ${error.message}`.split('\n')
  const scrub = createScrubber()
  if (!(error instanceof Error)) return [`E_INTERNAL: ${scrub.text(String(error))}`]
  const places = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return [`E_INTERNAL: ${scrub.text(`${error.name}: ${error.message}`)}`, ...places]
}

const coloured = (line: string): string => line.replace(/^(E_[A-Z_]+)(:)/, '\x1b[31m$1\x1b[0m$2')
const emphasis = (io: Io) => (text: string) => (io.colour ? `\x1b[1m${text}\x1b[0m` : text)
