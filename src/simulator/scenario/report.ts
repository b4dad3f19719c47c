import type { ScenarioReport, StepReport } from './play.ts'

/** One step in a line. */
export const stepLine = ({ step, do: what, ok, ms, detail }: StepReport): string =>
  `  ${ok ? 'ok  ' : 'FAIL'} ${step.padEnd(8)} ${what.padEnd(14)} ${`${ms} ms`.padStart(9)}${detail ? `  ${detail}` : ''}`

/** How a scenario went, for people. The steps were told one by one. */
export function summary({ ok, deliveries, sent, failures, ms }: ScenarioReport): string {
  const { messages, acknowledged, posted, attempts, duplicates, refused, lost, dropped, ackMs } = deliveries
  const more = [
    duplicates > 0 && `${duplicates} known already`,
    refused > 0 && `${refused} refused`,
    lost > 0 && `${lost} given up`,
    dropped > 0 && `${dropped} dropped by the gateway`,
  ].filter((one) => one !== false)
  return [
    '',
    `  messages    ${acknowledged} of ${messages} acknowledged`,
    `  deliveries  ${posted} in ${attempts} attempts${more.length > 0 ? `: ${more.join(', ')}` : ''}`,
    `  acknowledge p50 ${ackMs.p50} ms, p99 ${ackMs.p99} ms, longest ${ackMs.max} ms`,
    `  answers     ${sent}`,
    '',
    ...(ok
      ? [`Passed in ${(ms / 1000).toFixed(1)} s.`]
      : [`Failed in ${(ms / 1000).toFixed(1)} s:`, ...failures.map((failure) => `  - ${failure}`)]),
  ].join('\n')
}
