import type { Finding, Level } from './finding.ts'

const COLOURS: Record<Level, string> = { ok: '32', warn: '33', fail: '31' }

/** Findings for people: what concerns the whole hub first, then each instance, with what to do below each. */
export function render(findings: readonly Finding[], colour: boolean): string {
  const paint = (code: string, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
  const lines: string[] = []
  const width = Math.max(...findings.map(({ check }) => check.length))
  const instances = [...new Set(findings.map(({ instance }) => instance))]
  for (const instance of instances) {
    if (instance !== undefined) lines.push('', paint('1', instance))
    for (const finding of findings.filter((one) => one.instance === instance)) {
      const { level, check, message } = finding
      lines.push(`${paint(COLOURS[level], level.padEnd(4))}  ${check.padEnd(width)}  ${message}`)
      if (finding.do !== undefined) lines.push(`${' '.repeat(width + 8)}→ ${finding.do}`)
    }
  }
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length
  lines.push('', `${count('fail')} to mend, ${count('warn')} to look at, ${count('ok')} fine.`)
  return lines.join('\n')
}
