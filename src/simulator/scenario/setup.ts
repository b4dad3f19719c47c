import type { Scenario } from './schema.ts'

/**
 * What a hub's configuration says so that it plays in the scenario: its instances, each with the gateway at
 * the simulator's address. Secrets stay as the file has them.
 */
export const hubSetup = (scenario: Scenario, simulatorUrl: string): { instances: object[] } => ({
  instances: scenario.numbers.map(({ instance, gateway, secret, key, token, device, basicAuth }) => ({
    id: instance,
    gateway,
    baseUrl: `${simulatorUrl}/gateways/${instance}`,
    webhook: { ...(secret !== undefined && { secrets: [secret] }), ...(key !== undefined && { key }) },
    ...(token !== undefined && { token }),
    ...(device !== undefined && { device }),
    ...(basicAuth && { basicAuth }),
  })),
})
