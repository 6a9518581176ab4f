import { invalidInput, NotFoundError } from '../errors.ts'
import { Apps as CoreApps } from '../resources/apps.ts'
import type { Transport } from '../transport.ts'
import type { App, AuthScheme } from '../types.ts'

/** Names of an app's fields under one scheme. The words are the published ones: `expected_from_user` means the operator. */
export interface RequiredParams {
  required_fields: string[]
  expected_from_user: string[]
  optional_fields: string[]
}

export interface RequiredParamsOfApp {
  availableAuthSchemes: AuthScheme[]
  authSchemes: Record<string, RequiredParams>
}

export class Apps {
  readonly #apps: CoreApps

  constructor(transport: Transport) {
    this.#apps = new CoreApps(transport)
  }

  list(): Promise<App[]> {
    return this.#apps.list()
  }

  get({ appKey }: { appKey: string }): Promise<App> {
    return this.#apps.get(appKey)
  }

  async getRequiredParams(appKey: string): Promise<RequiredParamsOfApp> {
    const { auth_schemes: schemes } = await this.#apps.get(appKey)
    return {
      availableAuthSchemes: schemes.map(({ mode }) => mode),
      authSchemes: Object.fromEntries(schemes.map(({ mode, fields }) => [mode, sorted(fields)])),
    }
  }

  /** Takes one object, where `appId` is the key, or key and scheme in order. */
  async getRequiredParamsForAuthScheme(
    app: string | { appId: string; authScheme: AuthScheme },
    authScheme?: AuthScheme,
  ): Promise<RequiredParams> {
    const [key, scheme] = typeof app === 'string' ? [app, authScheme] : [app.appId, app.authScheme]
    if (!scheme) throw invalidInput('authScheme', 'is missing', 'Name one of the schemes of the app.')
    const params = (await this.getRequiredParams(key)).authSchemes[scheme]
    if (params) return params
    throw new NotFoundError({
      code: 'not_found',
      detail: `${key} has no auth scheme ${scheme}.`,
      fix: 'apps.getRequiredParams lists those it has.',
    })
  }
}

function sorted(fields: App['auth_schemes'][number]['fields']): RequiredParams {
  const params: RequiredParams = { required_fields: [], expected_from_user: [], optional_fields: [] }
  for (const { name, required, expected_from_customer: fromCustomer } of fields) {
    const group = fromCustomer !== false ? 'required_fields' : required ? 'expected_from_user' : 'optional_fields'
    params[group].push(name)
  }
  return params
}
