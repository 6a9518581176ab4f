import { invalidInput } from '../errors.ts'
import { segment, type Transport } from '../transport.ts'
import type { AuthScheme, ExpectedInputField, Integration, Page } from '../types.ts'

/** Methods that name one integration take its id, or an object that holds it. */
export type IntegrationId = string | { integrationId: string }

export interface ListIntegrations {
  appName?: string | undefined
  showDisabled?: boolean | undefined
  page?: number | undefined
  pageSize?: number | undefined
}

export interface NewIntegration {
  name?: string | undefined
  /** The app's key; one of the three. */
  appId?: string | undefined
  appUniqueKey?: string | undefined
  appName?: string | undefined
  authScheme?: AuthScheme | undefined
  /** `client_id`, `client_secret`, `scopes`. */
  authConfig?: Record<string, unknown> | undefined
  useComposioAuth?: boolean | undefined
  forceNewIntegration?: boolean | undefined
}

export class Integrations {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  list({ appName, showDisabled, page, pageSize }: ListIntegrations = {}): Promise<Page<Integration>> {
    return this.#transport.get('/api/v1/integrations', { query: { appName, showDisabled, page, pageSize } })
  }

  get(integration: IntegrationId): Promise<Integration> {
    return this.#transport.get(pathOf(integration))
  }

  async getRequiredParams(integration: IntegrationId): Promise<ExpectedInputField[]> {
    return (await this.get(integration)).expectedInputFields
  }

  create(integration: NewIntegration): Promise<Integration> {
    const { name, authScheme, authConfig = {}, useComposioAuth = false } = integration
    const body = { name, appId: appOf(integration), authScheme, authConfig, useComposioAuth, forceNewIntegration: true }
    return this.#transport.post('/api/v1/integrations', body)
  }

  /** The integration with these settings if there is one, else a new one. */
  async getOrCreateIntegration(integration: NewIntegration): Promise<Integration> {
    const { name, authScheme, authConfig = {}, useComposioAuth = false } = integration
    const body = {
      app: { uniqueKey: appOf(integration) },
      config: { name, authScheme, integrationSecrets: authConfig, useComposioAuth },
    }
    const { integrationId } = await this.#transport.post<{ integrationId: string }>(
      '/api/v2/integrations/get-or-create',
      body,
    )
    return this.get(integrationId)
  }

  /** Deletes its connected accounts as well. */
  delete(integration: IntegrationId): Promise<{ status: string; count: number }> {
    return this.#transport.delete(pathOf(integration))
  }
}

function pathOf(integration: IntegrationId): string {
  const id = typeof integration === 'object' ? integration.integrationId : integration
  return `/api/v1/integrations/${segment('integrationId', id)}`
}

function appOf({ appUniqueKey, appId, appName }: NewIntegration): string {
  const key = appUniqueKey || appId || appName
  if (!key) throw invalidInput('appUniqueKey', 'is missing', 'Give the key of the app, such as gmail.')
  return key
}
