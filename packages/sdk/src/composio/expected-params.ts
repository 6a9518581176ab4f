import { invalidInput } from '../errors.ts'
import type { Integrations } from '../resources/integrations.ts'
import { segment, type Transport } from '../transport.ts'
import type { AuthScheme, ExpectedInputField, Integration } from '../types.ts'

export interface UserParamsQuery {
  /** Any case. */
  app?: string | undefined
  integrationId?: string | undefined
  authScheme?: AuthScheme | undefined
  /** Changes nothing: what is asked for is the same for everyone. */
  entityId?: string | undefined
}

export interface ExpectedParamsForUser {
  expectedInputFields: ExpectedInputField[]
  integrationId: string
  authScheme: AuthScheme
}

/** What to ask a user for. Makes an integration of the app when the project has none and the server can. */
export async function expectedParamsForUser(
  transport: Transport,
  integrations: Integrations,
  query: UserParamsQuery,
): Promise<ExpectedParamsForUser> {
  const integration = await integrationFor(transport, integrations, query)
  return {
    expectedInputFields: integration.expectedInputFields,
    integrationId: integration.id,
    authScheme: integration.authScheme,
  }
}

async function integrationFor(
  transport: Transport,
  integrations: Integrations,
  { app, integrationId, authScheme }: UserParamsQuery,
): Promise<Integration> {
  if (integrationId) return integrations.get(integrationId)
  if (!app) throw invalidInput('app', 'is missing', 'Give app or integrationId.')
  const found = await integrations.findForApp(app, authScheme)
  if (found) return found
  const { key } = await transport.get<{ key: string }>(`/api/v1/apps/${segment('app', app)}`)
  return integrations.create({ app: key, authScheme })
}
