/** How key services are reached: through a door of their own, which leads to them and, unlike the other, may lead inside. */
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { createEgress } from './egress/index.ts'
import type { KeyServices } from './vault/index.ts'

export function openKeyServices(
  config: Pick<Config, 'transit' | 'dataKeyCacheSeconds' | 'proxyUrl' | 'noProxy'>,
  clock: Clock,
): { services: KeyServices; close(): Promise<void> } {
  const dataKeyCache = { clock, forMs: config.dataKeyCacheSeconds * 1000 }
  if (!config.transit) return { services: { dataKeyCache }, close: async () => {} }
  const { hostname, port, protocol } = new URL(config.transit.address)
  const egress = createEgress({
    allowPrivateHosts: [`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`],
    proxyUrl: config.proxyUrl,
    noProxy: config.noProxy,
  })
  return {
    services: { transit: { ...config.transit, fetch: egress.fetch }, dataKeyCache },
    close: () => egress.close(),
  }
}
