import { type AuthScheme, isGrantedInBrowser } from '@holdfast/catalog'
import { newId } from '../ids.ts'
import type { Project } from '../projects/types.ts'
import type { IntegrationRow, Store } from '../store/index.ts'
import type { App } from './types.ts'

/**
 * Gives each app an integration for every scheme that works without the operator, so that clients which look one up by
 * app find it: all schemes in a test project, where the simulator plays OAuth providers; key schemes in a live one.
 */
export async function ensureDefaults(
  { store }: { store: Store },
  project: Pick<Project, 'id' | 'mode' | 'createdAt'>,
  apps: readonly App[],
): Promise<void> {
  const existing = await store.integrations.list(project.id, {})
  const have = new Set(existing.filter((row) => row.is_default === 1).map((row) => `${row.app_key} ${row.auth_scheme}`))
  const missing = apps.flatMap((app) =>
    app.definition.authSchemes
      .map((scheme, preference) => ({ scheme, preference }))
      .filter(({ scheme }) => !have.has(`${app.definition.key} ${scheme.scheme}`))
      .filter(({ scheme }) => project.mode === 'test' || !isGrantedInBrowser(scheme))
      .map(({ scheme, preference }) => defaultRow(project, app, scheme, preference)),
  )
  // SQLite takes 32,766 parameters a statement.
  for (let start = 0; start < missing.length; start += 1000)
    await store.integrations.insertMissingDefaults(missing.slice(start, start + 1000))
}

/**
 * Clients choose the newest integration of an app, some by the server's order and some by sorting times themselves. So a
 * default is as old as its project, hence older than any of the operator's, and a millisecond older for each scheme that
 * the app prefers to it.
 */
function defaultRow(
  project: Pick<Project, 'id' | 'mode' | 'createdAt'>,
  { definition, builtIn, createdAt }: App,
  scheme: AuthScheme,
  preference: number,
): IntegrationRow {
  const at = Math.max(project.createdAt.getTime(), createdAt.getTime()) - preference
  return {
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
    params: null,
    params_version: 0,
    simulated: project.mode === 'test' && isSimulatedByDefault({ builtIn, scheme, hasClient: false }) ? 1 : 0,
    is_default: 1,
    problem_code: null,
    problem_message: null,
    problem_since: null,
    probe_after: null,
    user_verification: null,
    created_at: at,
    updated_at: at,
  }
}

/**
 * Whether an integration of a test project is simulated unless the operator says otherwise. A custom app usually names
 * servers of the operator's own, so it is really called, except where an OAuth client is missing and nothing else could work.
 */
export const isSimulatedByDefault = (integration: {
  builtIn: boolean
  scheme: AuthScheme
  hasClient: boolean
}): boolean => integration.builtIn || (isGrantedInBrowser(integration.scheme) && !integration.hasClient)
