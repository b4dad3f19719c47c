import type { Feature } from '../core/turn.ts'
import { replies } from './replies/index.ts'

/** Every feature of this build. Their handlers run in this order, then the bot. */
export const features: readonly Feature[] = [replies]
