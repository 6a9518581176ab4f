import { type AuthScheme, checkParams, hooksOf, integrationParamsOf, type OAuth2Scheme } from '@holdfast/catalog'
import { AppError, type FieldError, invalid } from '../errors.ts'
import type { Integration } from '../integrations/index.ts'
import type { OAuthClient, OAuthProvider, Provider } from '../oauth/types.ts'
import type { Context } from './context.ts'

/** What API calls name as the caller where an app wants a name, and somebody to write to. */
export const ownNames = ({ baseUrl }: Pick<Context, 'baseUrl'>) => ({ app_name: 'Holdfast', app_contact: baseUrl })

/** The OAuth client where an app wants it named in its calls. A simulated integration may have none; anything stands for it. */
export const clientNameOf = ({ clientId, id }: Pick<Integration, 'clientId' | 'id'>) => ({ client_id: clientId ?? id })

/** The provider's side of an integration with these params, for schemes of every kind. */
export function providerFor(context: Context, integration: Integration, params: Record<string, string>): Provider {
  return {
    app: integration.app.definition,
    scheme: integration.scheme,
    // Those of the catalog's own entry: an app that takes its place is data alone.
    ...(integration.app.builtIn && { hooks: hooksOf(integration.app.definition.key) }),
    values: {
      ...ownNames(context),
      ...clientNameOf(integration),
      ...integration.params,
      ...params,
    },
    ...context.side(integration),
    now: () => context.clock.now(),
  }
}

/** @throws {AppError} not_supported when the operator has set no OAuth client. */
export async function oauthProviderFor(
  context: Context,
  integration: Integration,
  params: Record<string, string>,
): Promise<OAuthProvider> {
  return oauthProviderOf(context, integration, await clientOf(context, integration), params)
}

/** The same, for a client that is at hand. */
export function oauthProviderOf(
  context: Context,
  integration: Integration,
  client: OAuthClient,
  params: Record<string, string>,
): OAuthProvider {
  if (!isOAuth(integration.scheme)) throw noClient(integration)
  const provider = providerFor(context, integration, params)
  return { ...provider, scheme: integration.scheme, values: { ...provider.values, client_id: client.clientId }, client }
}

/** @throws {AppError} not_supported when the operator has set no OAuth client, or not all the app wants with it. */
export async function clientOf(context: Context, integration: Integration): Promise<OAuthClient> {
  const client = await context.integrations.oauthClient(integration)
  if (!client) throw noClient(integration)
  const missing = integrationParamsOf(integration.scheme).find(
    ({ name, required }) => required && !Object.hasOwn(integration.params, name),
  )
  if (missing)
    throw new AppError(
      'not_supported',
      `The integration ${integration.name} has no ${missing.label}; set params.${missing.name} on it.`,
    )
  return client
}

const noClient = ({ name }: Integration) =>
  new AppError('not_supported', `The integration ${name} has no OAuth client; set clientId and clientSecret on it.`)

export const isOAuth = (scheme: AuthScheme): scheme is OAuth2Scheme => scheme.scheme === 'OAUTH2'

/**
 * What the person typed, checked against the expected params.
 * @throws {AppError} validation_failed with each field as `data.<name>`.
 */
export function readParams(integration: Integration, data: Record<string, unknown>): Record<string, string> {
  const { values, problems } = checkParams(integration.app.definition, integration.scheme, data)
  const fields = problems.map(({ name, message }): FieldError => ({ property: `data.${name}`, message }))
  if (fields.length > 0) throw invalid(...(fields as [FieldError, ...FieldError[]]))
  return values
}

/** The scopes to ask for: the request's, else the integration's, else the app's; always those the app cannot do without. */
export function scopesFor(integration: Integration, requested: string[] | undefined): string[] | null {
  if (!isOAuth(integration.scheme)) {
    if (requested && requested.length > 0)
      throw invalid({ property: 'scopes', message: `${integration.scheme.scheme} has no scopes` })
    return null
  }
  const { default: usual, required } = integration.scheme.scopes
  return [...new Set([...(requested ?? integration.scopes ?? usual), ...required])]
}

/** @param optional Those the person may leave out on the connect page. @throws {AppError} validation_failed. */
export function withOptional(
  integration: Integration,
  scopes: string[] | null,
  optional: readonly string[],
): string[] | null {
  if (optional.length === 0) return scopes
  const property = 'optionalScopes'
  if (!isOAuth(integration.scheme) || scopes === null)
    throw invalid({ property, message: `${integration.scheme.scheme} has no scopes` })
  const fixed = integration.scheme.scopes.required.find((scope) => optional.includes(scope))
  if (fixed !== undefined) throw invalid({ property, message: `${fixed} is one the app cannot do without` })
  return [...new Set([...scopes, ...optional])]
}

export function describedScopes(integration: Integration, scopes: readonly string[] | null) {
  const described = isOAuth(integration.scheme) ? integration.scheme.scopes.described : []
  return (scopes ?? []).map((name) => ({
    name,
    description: described.find((scope) => scope.name === name)?.description ?? null,
  }))
}
