import type { AppDefinition } from '@holdfast/catalog'
import type { Clock } from '../clock.ts'
import { newId } from '../ids.ts'
import type { Project } from '../projects/types.ts'
import type { IntegrationRow, Store } from '../store/index.ts'

/**
 * Gives each app an integration for every scheme that works without the operator, so that clients which look one up by
 * app find it: all schemes in a test project, where the simulator plays OAuth providers; key schemes in a live one.
 */
export async function ensureDefaults(
  { store, clock }: { store: Store; clock: Clock },
  project: Pick<Project, 'id' | 'mode'>,
  apps: readonly { definition: AppDefinition; builtIn: boolean }[],
): Promise<void> {
  const existing = await store.integrations.list(project.id, {})
  const have = new Set(existing.filter((row) => row.is_default === 1).map((row) => `${row.app_key} ${row.auth_scheme}`))
  const now = clock.now().getTime()
  const missing = apps.flatMap(({ definition, builtIn }) =>
    definition.authSchemes
      .filter((scheme) => !have.has(`${definition.key} ${scheme.scheme}`))
      .filter((scheme) => project.mode === 'test' || scheme.scheme !== 'OAUTH2')
      .map(
        (scheme): IntegrationRow => ({
          id: newId(),
          project_id: project.id,
          app_key: definition.key,
          auth_scheme: scheme.scheme,
          name: `${definition.key}_${scheme.scheme.toLowerCase()}`,
          enabled: 1,
          scopes: null,
          client_id: null,
          client_secret: null,
          version: 0,
          simulated:
            project.mode === 'test' && isSimulatedByDefault({ builtIn, scheme: scheme.scheme, hasClient: false })
              ? 1
              : 0,
          is_default: 1,
          created_at: now,
          updated_at: now,
        }),
      ),
  )
  // SQLite takes 32,766 parameters a statement.
  for (let start = 0; start < missing.length; start += 1000)
    await store.integrations.insertMissingDefaults(missing.slice(start, start + 1000))
}

/**
 * Whether an integration of a test project is simulated unless the operator says otherwise. A custom app usually names
 * servers of the operator's own, so it is really called, except where an OAuth client is missing and nothing else could work.
 */
export const isSimulatedByDefault = (integration: { builtIn: boolean; scheme: string; hasClient: boolean }): boolean =>
  integration.builtIn || (integration.scheme === 'OAUTH2' && !integration.hasClient)
