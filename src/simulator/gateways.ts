import { gowaSimulator } from '../gateways/gowa/simulator.ts'
import { uazapiSimulator } from '../gateways/uazapi/simulator.ts'
import type { SimulatedGateway } from './port.ts'

/** Every gateway the simulator can play. A new one is one more line here. */
export const simulatedGateways: readonly SimulatedGateway[] = [gowaSimulator, uazapiSimulator]
