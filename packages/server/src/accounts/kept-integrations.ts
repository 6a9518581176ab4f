import type { Integration } from '../integrations/index.ts'
import type { Context } from './context.ts'

const maxIntegrations = 10_000

/**
 * Integrations with their apps, for reads of credentials: they change seldom and are told when they do.
 * To be asked only while changes are current.
 * @returns As `integrations.get`.
 */
export function keepingIntegrations({ store, integrations }: Pick<Context, 'store' | 'integrations'>) {
  const kept = new Map<string, Integration>()
  let changed = 0
  store.changes.subscribe({
    everything() {
      changed += 1
      kept.clear()
    },
  })

  return async function integrationOf(projectId: string, id: string): Promise<Integration> {
    const found = kept.get(id)
    if (found?.projectId === projectId) return found
    const before = changed
    const integration = await integrations.get(projectId, id)
    // What is not told yet is told before the next read begins, and drops this one again.
    if (before === changed) {
      if (kept.size >= maxIntegrations) kept.clear()
      kept.set(id, integration)
    }
    return integration
  }
}
