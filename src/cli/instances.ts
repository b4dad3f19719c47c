import { closest } from '../core/closest.ts'
import type { HubConfig, InstanceConfig } from '../core/config.ts'
import type { StoredSight } from '../main.ts'
import { usage } from './flags.ts'

/**
 * The instance of that name; without a name the only one there is.
 * @throws HubError E_USAGE naming those there are
 */
export function chooseInstance(config: HubConfig, name: string | undefined): InstanceConfig {
  const ids = config.instances.map(({ id }) => id)
  if (ids.length === 0)
    throw usage(
      'The configuration has no instance, and none is stored. Choose another one with --config FILE.',
    )
  const found =
    name === undefined && ids.length === 1
      ? config.instances[0]
      : config.instances.find(({ id }) => id === name)
  if (found !== undefined) return found
  if (name === undefined) throw usage(`Say which instance it is for with --instance: ${ids.join(', ')}.`)
  const meant = closest(name, ids)
  throw usage(
    `There is no instance "${name}". ${meant ? `Did you mean "${meant}"?` : `There are ${ids.join(', ')}.`}`,
  )
}

/** The configuration with those that are stored beside those that are written. */
export const withStored = (config: HubConfig, stored: StoredSight | undefined): HubConfig => ({
  ...config,
  instances: [...config.instances, ...(stored?.instances ?? [])],
  servers: [...config.servers, ...(stored?.servers ?? [])],
})
