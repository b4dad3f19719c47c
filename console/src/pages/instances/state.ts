import type { Signal } from '../../ui/status.tsx'
import { defineWords } from '../../words/define.ts'

/** How a number is connected, as far as is known. */
export const CONNECTION_STATES = [
  'connected',
  'connecting',
  'disconnected',
  'logged-out',
  'unreachable',
  'unknown',
] as const
export type ConnectionState = (typeof CONNECTION_STATES)[number]

/** A state this build does not know by name is shown as unknown. */
export const connectionOf = (told: string | undefined): ConnectionState =>
  CONNECTION_STATES.find((state) => state === told) ?? 'unknown'

export const CONNECTION_SIGNALS: Readonly<Record<ConnectionState, Signal>> = {
  connected: 'good',
  connecting: 'waiting',
  disconnected: 'bad',
  'logged-out': 'bad',
  unreachable: 'attention',
  unknown: 'neutral',
}

/** How bad: the worst comes first where numbers are sorted by health. */
export const CONNECTION_RANK: Readonly<Record<ConnectionState, number>> = {
  'logged-out': 5,
  disconnected: 4,
  unreachable: 3,
  connecting: 2,
  unknown: 1,
  connected: 0,
}

export const connectionWords = defineWords({
  en: {
    connected: 'connected',
    connecting: 'connecting',
    disconnected: 'disconnected',
    'logged-out': 'logged out',
    unreachable: 'gateway unreachable',
    unknown: 'not known yet',
    held: 'sends held',
  },
  'pt-BR': {
    connected: 'conectado',
    connecting: 'conectando',
    disconnected: 'desconectado',
    'logged-out': 'sessão encerrada',
    unreachable: 'gateway fora de alcance',
    unknown: 'ainda não se sabe',
    held: 'envios retidos',
  },
  es: {
    connected: 'conectado',
    connecting: 'conectando',
    disconnected: 'desconectado',
    'logged-out': 'sesión cerrada',
    unreachable: 'gateway inaccesible',
    unknown: 'aún no se sabe',
    held: 'envíos retenidos',
  },
})

/** Of deliveries that came, how many were taken; undefined when none came. */
export const acceptedShare = (counted: {
  deliveries: number
  duplicates: number
  refused: number
}): number | undefined => {
  const taken = counted.deliveries + counted.duplicates
  const all = taken + counted.refused
  return all === 0 ? undefined : taken / all
}

const HOUR_MS = 3_600_000
/** Sends an hour that the pause between them allows; undefined where there is none. */
export function paceOf({
  minDelayMs,
  maxDelayMs,
}: {
  minDelayMs: number
  maxDelayMs: number
}): number | undefined {
  const mean = (minDelayMs + maxDelayMs) / 2
  return mean === 0 ? undefined : HOUR_MS / mean
}
