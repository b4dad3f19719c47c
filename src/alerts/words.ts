import type { AlertKind, AlertLanguage, AlertNews, AlertNow } from '../core/alerts.ts'

/** What people read of an alert outside the console, in the language of the configuration. Plain text. */

interface Words {
  /** The thing an alert is about, where it is no number. */
  hub: string
  opened: Record<AlertKind, (about: string) => string>
  /** What to do about it. */
  advice: Record<AlertKind, string>
  over: (headline: string) => string
  again: (headline: string, times: number) => string
  since: string
  until: string
  reason: string
  waiting: string
  lag: string
  silent: string
  usual: string
  free: string
  look: string
  test: { subject: string; text: string }
  why: string
}

const en: Words = {
  hub: 'the hub',
  opened: {
    disconnected: (number) => `${number} is disconnected`,
    'logged-out': (number) => `${number} is logged out`,
    'gateway-unreachable': (number) => `The gateway of ${number} does not answer`,
    silent: (number) => `${number} is unusually silent`,
    'unknown-sends': () => 'Sends wait for a decision',
    'dead-letters': () => 'Events failed for good',
    backlog: () => 'Events wait too long',
    'store-full': () => 'The disk is nearly full',
  },
  advice: {
    disconnected: 'Its messages wait and go out in order once it is back. Check the phone and the gateway.',
    'logged-out': 'Its messages wait. It must be connected again by QR code or pairing code.',
    'gateway-unreachable':
      'Its messages wait. Check whether the gateway runs and can be reached; nobody knows whether the number itself is logged in.',
    silent:
      'It is connected, but nothing came for far longer than usual at this hour. Check the webhook at the gateway.',
    'unknown-sends':
      'Nobody knows whether these messages went out. Look at them and decide: send again, or mark as sent.',
    'dead-letters': 'Their handlers failed at every try. Mend the cause, then retry or discard them.',
    backlog:
      'Events come in faster than they are handled, or nothing handles them. Check the nodes and the bot.',
    'store-full': 'Make room on the disk of the database before the hub has to refuse deliveries.',
  },
  over: (headline) => `Over: ${headline}`,
  again: (headline, times) => `${headline} (again, ${times} times by now)`,
  since: 'Since',
  until: 'Over since',
  reason: 'Reason',
  waiting: 'Waiting',
  lag: 'The oldest has waited',
  silent: 'Silent for',
  usual: 'Longest usual pause',
  free: 'Room left',
  look: 'Look closer',
  test: {
    subject: 'Test of alerts',
    text: 'This is a test. Alerts of this hub arrive here.',
  },
  why: 'You get this because your address stands in alerts.email.to of the hub.',
}

const ptBR: Words = {
  hub: 'o hub',
  opened: {
    disconnected: (number) => `${number} está desconectado`,
    'logged-out': (number) => `${number} saiu do WhatsApp`,
    'gateway-unreachable': (number) => `O gateway de ${number} não responde`,
    silent: (number) => `${number} está silencioso demais`,
    'unknown-sends': () => 'Há envios esperando uma decisão',
    'dead-letters': () => 'Há eventos que falharam de vez',
    backlog: () => 'Há eventos esperando demais',
    'store-full': () => 'O disco está quase cheio',
  },
  advice: {
    disconnected:
      'As mensagens dele esperam e saem em ordem quando ele voltar. Confira o telefone e o gateway.',
    'logged-out':
      'As mensagens dele esperam. É preciso conectar de novo por QR code ou código de pareamento.',
    'gateway-unreachable':
      'As mensagens dele esperam. Confira se o gateway está no ar e acessível; ninguém sabe se o número em si está conectado.',
    silent:
      'Ele está conectado, mas nada chega há muito mais tempo que o normal para este horário. Confira o webhook no gateway.',
    'unknown-sends':
      'Ninguém sabe se essas mensagens saíram. Olhe uma a uma e decida: enviar de novo ou marcar como enviada.',
    'dead-letters':
      'O tratamento falhou em todas as tentativas. Corrija a causa e depois repita ou descarte.',
    backlog: 'Os eventos chegam mais rápido do que são tratados, ou nada os trata. Confira os nós e o bot.',
    'store-full': 'Libere espaço no disco do banco de dados antes que o hub tenha de recusar entregas.',
  },
  over: (headline) => `Resolvido: ${headline}`,
  again: (headline, times) => `${headline} (de novo, ${times} vezes até agora)`,
  since: 'Desde',
  until: 'Resolvido desde',
  reason: 'Motivo',
  waiting: 'Esperando',
  lag: 'O mais antigo espera há',
  silent: 'Em silêncio há',
  usual: 'Maior pausa normal',
  free: 'Espaço livre',
  look: 'Ver de perto',
  test: {
    subject: 'Teste de alertas',
    text: 'Isto é um teste. Os alertas deste hub chegam aqui.',
  },
  why: 'Você recebe isto porque seu endereço está em alerts.email.to do hub.',
}

const es: Words = {
  hub: 'el hub',
  opened: {
    disconnected: (number) => `${number} está desconectado`,
    'logged-out': (number) => `${number} cerró la sesión de WhatsApp`,
    'gateway-unreachable': (number) => `El gateway de ${number} no responde`,
    silent: (number) => `${number} lleva demasiado tiempo en silencio`,
    'unknown-sends': () => 'Hay envíos que esperan una decisión',
    'dead-letters': () => 'Hay eventos que fallaron definitivamente',
    backlog: () => 'Hay eventos que esperan demasiado',
    'store-full': () => 'El disco está casi lleno',
  },
  advice: {
    disconnected: 'Sus mensajes esperan y saldrán en orden cuando vuelva. Revisa el teléfono y el gateway.',
    'logged-out': 'Sus mensajes esperan. Hay que conectarlo de nuevo con el código QR o el de vinculación.',
    'gateway-unreachable':
      'Sus mensajes esperan. Revisa si el gateway funciona y es accesible; nadie sabe si el número en sí está conectado.',
    silent:
      'Está conectado, pero no llega nada desde hace mucho más de lo normal a esta hora. Revisa el webhook en el gateway.',
    'unknown-sends':
      'Nadie sabe si estos mensajes salieron. Míralos y decide: enviar de nuevo o marcar como enviado.',
    'dead-letters': 'El manejo falló en todos los intentos. Corrige la causa y luego reintenta o descarta.',
    backlog:
      'Los eventos llegan más rápido de lo que se atienden, o nada los atiende. Revisa los nodos y el bot.',
    'store-full':
      'Libera espacio en el disco de la base de datos antes de que el hub tenga que rechazar entregas.',
  },
  over: (headline) => `Resuelto: ${headline}`,
  again: (headline, times) => `${headline} (otra vez, ${times} veces hasta ahora)`,
  since: 'Desde',
  until: 'Resuelto desde',
  reason: 'Motivo',
  waiting: 'En espera',
  lag: 'El más antiguo espera desde hace',
  silent: 'En silencio desde hace',
  usual: 'Pausa normal más larga',
  free: 'Espacio libre',
  look: 'Ver de cerca',
  test: {
    subject: 'Prueba de alertas',
    text: 'Esto es una prueba. Las alertas de este hub llegan aquí.',
  },
  why: 'Recibes esto porque tu dirección está en alerts.email.to del hub.',
}

const WORDS: Readonly<Record<AlertLanguage, Words>> = { en, 'pt-BR': ptBR, es }

/** One line: what is wrong, or that it is over. */
export function headline(alert: AlertNow, news: AlertNews, language: AlertLanguage): string {
  const words = WORDS[language]
  const line = words.opened[alert.kind](alert.instance ?? words.hub)
  if (news === 'resolved') return words.over(line)
  return news === 'reopened' ? words.again(line, alert.times) : line
}

/** @param home address of the console, where it is known */
export function letter(
  alert: AlertNow,
  news: AlertNews,
  language: AlertLanguage,
  home: string | undefined,
): { subject: string; text: string } {
  const words = WORDS[language]
  const { reason, count, lagMs, silentMs, usualMs, freeBytes } = alert.details
  const facts = [
    [words.since, moment(alert.since, language)],
    [words.until, alert.resolvedAt === undefined ? undefined : moment(alert.resolvedAt, language)],
    [words.reason, reason],
    [words.waiting, count === undefined ? undefined : count.toLocaleString(language)],
    [words.lag, lagMs === undefined ? undefined : span(lagMs, language)],
    [words.silent, silentMs === undefined ? undefined : span(silentMs, language)],
    [words.usual, usualMs === undefined ? undefined : span(usualMs, language)],
    [words.free, freeBytes === undefined ? undefined : `${Math.floor(freeBytes / 1024 / 1024)} MiB`],
    [words.look, home === undefined ? undefined : placeOf(alert, home)],
  ] as const
  const subject = headline(alert, news, language)
  const text = [
    `${subject}.`,
    ...(news === 'resolved' ? [] : [words.advice[alert.kind]]),
    facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])).join('\n'),
    words.why,
  ].join('\n\n')
  return { subject: `[Pombo] ${subject}`, text: `${text}\n` }
}

export function testLetter(language: AlertLanguage): { subject: string; text: string } {
  const { test, why } = WORDS[language]
  return { subject: `[Pombo] ${test.subject}`, text: `${test.text}\n\n${why}\n` }
}

const placeOf = ({ instance }: AlertNow, home: string): string =>
  instance === undefined ? `${home}/settings/alerts` : `${home}/instances/${encodeURIComponent(instance)}`

const moment = (ms: number, language: AlertLanguage): string =>
  `${new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(ms)} UTC`

const MINUTE_MS = 60_000
/** In minutes below two hours, then in hours. */
function span(ms: number, language: AlertLanguage): string {
  const [value, unit] = ms < 120 * MINUTE_MS ? [ms / MINUTE_MS, 'minute'] : [ms / (60 * MINUTE_MS), 'hour']
  const rounded = Math.max(1, Math.round(value as number))
  return rounded.toLocaleString(language, { style: 'unit', unit: unit as string, unitDisplay: 'long' })
}
