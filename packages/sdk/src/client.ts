import { type HoldfastOptions, resolveConfig } from './config.ts'
import type { Overview } from './operator-types.ts'
import { Apps } from './resources/apps.ts'
import { ConnectLinks } from './resources/connect-links.ts'
import { ConnectedAccounts, type IntegrationChoice } from './resources/connected-accounts.ts'
import { Entities } from './resources/entities.ts'
import { Events } from './resources/events.ts'
import { Integrations } from './resources/integrations.ts'
import { KillSwitches } from './resources/kill-switches.ts'
import { Operators } from './resources/operators.ts'
import { Projects } from './resources/projects.ts'
import { Requests } from './resources/requests.ts'
import { Session } from './resources/session.ts'
import { Webhooks } from './resources/webhooks.ts'
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
  readonly killSwitches: KillSwitches
  readonly webhooks: Webhooks
  readonly events: Events
  readonly requests: Requests
  readonly session: Session
  readonly operators: Operators
  readonly #transport: Transport

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
    this.killSwitches = new KillSwitches(transport)
    this.webhooks = new Webhooks(transport)
    this.events = new Events(transport)
    this.requests = new Requests(transport)
    this.session = new Session(transport)
    this.operators = new Operators(transport)
    this.#transport = transport
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

  /** How the project's accounts are, and which of them need somebody. */
  overview(options?: CallOptions): Promise<Overview> {
    return this.#transport.get('/api/v1/overview', options)
  }
}
