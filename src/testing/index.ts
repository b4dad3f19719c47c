/** `pombo/testing`: bots under test, without network and without waiting. */

export { FakeClock, type FakeClockOptions } from './fake-clock.ts'
// One handler, one event.
export { type FakeTurn, type FakeTurnOptions, fakeTurn } from './fake-turn.ts'
export type { GatewayFault, SeenRequest } from './far-side.ts'
// A whole hub: order, retries, restarts, timers.
export {
  type Customer,
  type GatewayName,
  type Heard,
  type SentContent,
  type Speaker,
  type TestGateway,
  type TestGroup,
  type TestHub,
  type TestHubOptions,
  type TestInstance,
  testHub,
} from './test-hub.ts'
