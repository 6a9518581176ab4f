/** Where an app is really reached: at its own addresses, or in the simulator. The one place that knows of both. */
import { createSimulator, type Simulator } from '@holdfast/simulator'
import type { ProviderSide } from './accounts/index.ts'
import type { Clock } from './clock.ts'
import { EgressError, type Fetch } from './egress/index.ts'
import type { Integration, IntegrationSecrets } from './integrations/index.ts'
import type { Store } from './store/index.ts'
import { traced } from './telemetry/index.ts'
import type { Tracing } from './tracing.ts'

/** The OAuth client that simulated integrations share. The simulator checks it as a provider would; it guards nothing real. */
export const simulatedClient = { clientId: 'holdfast-simulated-client', clientSecret: 'holdfast-simulated-secret' }

/** The simulator, remembering in our database what it has granted. */
export function simulatorOn(store: Store, integrations: IntegrationSecrets, clock: Clock, baseUrl: string): Simulator {
  const { simulatorRecords } = store
  const now = () => clock.now().getTime()
  return createSimulator({
    // Only what a test project knows: whoever asks for another gets the answer for an app that does not exist.
    findApp: async (projectId, appKey) => {
      const project = await store.projects.find(projectId)
      return project?.mode === 'test' ? (await integrations.findApp(projectId, appKey))?.definition : undefined
    },
    records: {
      get: (kind, key) => simulatorRecords.get(kind, key, now()),
      put: (kind, key, value, expiresAt) => simulatorRecords.put(kind, key, value, expiresAt?.getTime() ?? null),
      take: (kind, key) => simulatorRecords.take(kind, key, now()),
      replace: (kind, key, expected, value) => simulatorRecords.replace(kind, key, expected, value),
    },
    clock,
    baseUrl,
    readyClient: simulatedClient,
  })
}

/** Real integrations go out through the egress; simulated ones reach the simulator in this process and nothing else. */
export function providerSides(egress: Fetch, simulator: Simulator | undefined, tracing: Tracing) {
  const real: ProviderSide = { resolve: (url) => url, fetch: egress }
  return (integration: Integration): ProviderSide => {
    if (!integration.simulated) return real
    if (!simulator)
      return {
        resolve: (url) => url,
        fetch: () => Promise.reject(new EgressError(false, { cause: new Error('test mode is switched off') })),
      }
    return {
      resolve: (url) => simulator.resolve(integration.projectId, integration.app.definition.key, url),
      fetch: traced(simulatedFetch(simulator), tracing),
    }
  }
}

const simulatedTimeoutMs = 20_000

/** The simulator's answers with the manners of the egress: no redirect followed, one kind of error, an end to waiting. */
const simulatedFetch =
  (simulator: Simulator): Fetch =>
  async (url, { method = 'GET', headers = {}, body, signal, timeoutMs = simulatedTimeoutMs } = {}) => {
    const request = new Request(url, { method, headers, ...(body !== undefined && { body }), redirect: 'manual' })
    const timeout = AbortSignal.timeout(timeoutMs)
    const given = signal ? AbortSignal.any([signal, timeout]) : timeout
    const givenUp = new Promise<never>((_, reject) =>
      given.addEventListener('abort', () => reject(given.reason), { once: true }),
    )
    try {
      return await Promise.race([simulator.fetch(request), givenUp])
    } catch (error) {
      throw new EgressError(true, { cause: error, isLate: timeout.aborted })
    }
  }
