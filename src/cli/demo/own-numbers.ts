import { gatewayOf } from '../deliver.ts'
import type { Io } from '../io.ts'
import { loadOwn } from './hub.ts'
import type { OwnNumber } from './scene.ts'

/** Numbers of somebody's configuration, to be played. A fault in it is told before anything runs. */
export async function ownNumbers(file: string, io: Io): Promise<OwnNumber[]> {
  const { config } = await loadOwn(file, io)
  return config.instances.map((instance) => ({
    id: instance.id,
    gateway: instance.gateway,
    proof: gatewayOf(instance).proof,
  }))
}
