/** `pombo/gateway`: what a gateway folder is written against, inside this package or outside. */
export * from './core/address.ts'
export * from './core/commands.ts'
export * from './core/events.ts'
export * from './core/gateway.ts'
export * from './core/ids.ts'
export * from './core/ports.ts'
export * from './core/signature.ts'
