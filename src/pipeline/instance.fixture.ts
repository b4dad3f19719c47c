import type { InstanceConfig } from '../core/config.ts'
import type { InstanceId } from '../core/ids.ts'

/** A number of a gateway called `test`, as the checked configuration has it. */
export const instance = (id: string, more: Partial<InstanceConfig> = {}): InstanceConfig => ({
  id: id as InstanceId,
  gateway: 'test',
  baseUrl: 'http://gateway.test',
  webhook: { secrets: ['a-long-enough-secret'], allow: [] },
  insecure: false,
  tags: [],
  pacing: { minDelayMs: 0, maxDelayMs: 0 },
  apiMessagesClaim: false,
  settings: {},
  ...more,
})
