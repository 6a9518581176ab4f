import { type AuthSchemeName, isGrantedInBrowser } from '@holdfast/catalog'
import { AppError } from '../errors.ts'
import type { Integration, Integrations } from '../integrations/types.ts'

/** Whether a connection can be started without the operator entering anything more. */
export const isReady = (integration: Integration): boolean =>
  integration.enabled &&
  (!isGrantedInBrowser(integration.scheme) || integration.simulated || integration.clientId !== null)

/** The OAuth integrations that are ready, by app key. */
export function readyOAuthByApp(integrations: readonly Integration[]): Map<string, Integration[]> {
  const oauth = integrations.filter((integration) => isGrantedInBrowser(integration.scheme) && isReady(integration))
  return Map.groupBy(oauth, (integration) => integration.app.definition.key)
}

/**
 * The integration meant by a caller that names only the app: the first ready one of the list clients also see.
 * @throws {AppError} not_found for an unknown app, or one without an enabled integration.
 */
export async function integrationOfApp(
  integrations: Integrations,
  projectId: string,
  appKey: string,
  authScheme?: AuthSchemeName,
): Promise<Integration> {
  const app = await integrations.getApp(projectId, appKey)
  const enabled = await integrations.list(projectId, { appKey: app.definition.key, authScheme, showDisabled: false })
  const chosen = enabled.find(isReady) ?? enabled[0]
  if (chosen) return chosen
  throw new AppError(
    'not_found',
    `Connector not found: ${app.definition.key} has no enabled integration${authScheme ? ` for ${authScheme}` : ''}. Create one with POST /api/v1/integrations.`,
  )
}

/**
 * A client that has no OAuth client of its own asks for the one already set up for the app. A new integration could not
 * have it (a secret is never copied), so the existing one is the answer.
 *
 * @returns Undefined when the caller brings a client, or the operator has set none for this app.
 */
export async function sharedClientIntegration(
  integrations: Integrations,
  projectId: string,
  wanted: { appKey: string; authScheme?: AuthSchemeName | undefined; clientId?: string | undefined },
): Promise<Integration | undefined> {
  if (wanted.clientId !== undefined) return undefined
  const { appKey, authScheme } = wanted
  const candidates = await integrations.list(projectId, { appKey, authScheme, showDisabled: false })
  return candidates.find(
    ({ scheme, simulated, clientId }) => isGrantedInBrowser(scheme) && !simulated && clientId !== null,
  )
}
