import type { Gateway } from '../core/gateway.ts'
import { gowa } from './gowa/index.ts'
import { uazapi } from './uazapi/index.ts'

/** Every gateway of this build. A new one is a folder and one line here. */
export const gateways: readonly Gateway[] = [gowa, uazapi]
