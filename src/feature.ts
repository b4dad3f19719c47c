/** `pombo/feature`: what a feature folder is written against, inside this package or outside. */
export { createBot } from './bot/bot.ts'
export * from './core/address.ts'
export * from './core/commands.ts'
export * from './core/duration.ts'
export * from './core/errors.ts'
export * from './core/events.ts'
export * from './core/ids.ts'
export * from './core/turn.ts'
