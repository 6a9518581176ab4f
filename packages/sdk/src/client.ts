import { type HoldfastOptions, resolveConfig } from './config.ts'
import { Apps } from './resources/apps.ts'
import { ConnectLinks } from './resources/connect-links.ts'
import { ConnectedAccounts, type IntegrationChoice } from './resources/connected-accounts.ts'
import { Entities } from './resources/entities.ts'
import { Integrations } from './resources/integrations.ts'
import { Projects } from './resources/projects.ts'
import { Transport } from './transport.ts'
import type { CallOptions, ExpectedParams } from './types.ts'

/** The client. Making one sends nothing; it can be printed without showing the key. */
export class Holdfast {
  readonly baseUrl: string
  readonly apps: Apps
  readonly integrations: Integrations
  readonly connectedAccounts: ConnectedAccounts
  readonly connectLinks: ConnectLinks
  readonly entities: Entities
  readonly projects: Projects

  /** @throws {ConfigurationError} no usable key or base URL in the options or the environment. */
  constructor(options?: HoldfastOptions) {
    const transport = new Transport(resolveConfig(options))
    this.baseUrl = transport.baseUrl
    this.apps = new Apps(transport)
    this.integrations = new Integrations(transport)
    this.connectedAccounts = new ConnectedAccounts(transport, this.integrations)
    this.connectLinks = new ConnectLinks(transport)
    this.entities = new Entities(transport)
    this.projects = new Projects(transport)
  }

  /** What to ask the user for before connecting, and the integration it is for. */
  async getExpectedParams(choice: IntegrationChoice, options?: CallOptions): Promise<ExpectedParams> {
    const integration =
      choice.integrationId === undefined
        ? await this.integrations.getForApp(choice.app, choice.authScheme, options)
        : await this.integrations.get(choice.integrationId, options)
    return {
      integrationId: integration.id,
      authScheme: integration.authScheme,
      expectedParams: integration.expectedInputFields,
    }
  }
}
