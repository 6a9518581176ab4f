import { isMachine, type MachineScheme } from '@holdfast/catalog'
import { AppError, invalid } from '../errors.ts'
import type { Integration } from '../integrations/index.ts'
import { fetchToken, learnByCalls } from '../oauth/index.ts'
import { KeyProblem, type Provider, TokenError, type TokenSet } from '../oauth/types.ts'
import type { Context } from './context.ts'
import { type Credentials, type ExpiryColumns, expiryColumns, storedTokens } from './credentials.ts'
import { providerFor } from './providers.ts'

/** How such tokens are renewed: not by a refresh token, but by fetching another one. */
export const byFetching = 'by_fetching'

/** What a credential that a person typed is used with. */
export interface Usable {
  provider: Provider
  credentials: Credentials
  expiry: Partial<ExpiryColumns>
}

/**
 * What a typed credential is made ready with: itself, or for schemes in which the server fetches tokens the first one,
 * which proves it.
 *
 * @throws {AppError} validation_failed for a key that cannot be read; credential_refused; provider_unavailable.
 */
export async function madeUsable(
  context: Context,
  integration: Integration,
  params: Record<string, string>,
): Promise<Usable> {
  const { scheme } = integration
  const provider = providerFor(context, integration, params)
  if (!isMachine(scheme)) return { provider, credentials: { params, tokens: null }, expiry: {} }
  const name = integration.app.definition.name
  const answer = await asAsked(name, scheme, () => fetchToken({ ...provider, scheme }, 'code'))
  const tokens = storedTokens(answer, context.clock.now(), null)
  const values = { ...provider.values, ...answer.learned, access_token: tokens.accessToken }
  const called = await asAsked(name, scheme, () => learnByCalls({ ...provider, values }))
  const learned = { ...answer.learned, ...called }
  return {
    provider: { ...provider, values: { ...values, ...learned } },
    credentials: { params: { ...params, ...learned }, tokens },
    expiry: expiryColumns(tokens, byFetching, context.random),
  }
}

/** Another token for an account that has one, or was imported without. @throws {TokenError} */
export async function refetch(
  context: Context,
  integration: Integration,
  scheme: MachineScheme,
  params: Record<string, string>,
  timeoutMs: number,
): Promise<TokenSet> {
  const provider = providerFor(context, integration, params)
  try {
    return await fetchToken(
      { ...provider, scheme, fetch: (url, init) => provider.fetch(url, { ...init, timeoutMs }) },
      'refresh',
    )
  } catch (error) {
    if (error instanceof KeyProblem)
      throw new TokenError('grant_lost', `${error.param} ${error.message}`, { cause: error })
    throw error
  }
}

/** What went wrong, as the one who gave the credential hears it. */
async function asAsked<Value>(app: string, scheme: MachineScheme, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof KeyProblem) throw invalid({ property: `data.${error.param}`, message: error.message })
    if (!(error instanceof TokenError)) throw error
    if (error.kind === 'transient')
      throw new AppError('provider_unavailable', `${app} could not be asked for a token: ${error.message}`, {
        ...(error.retryAfterSeconds !== null && { retryAfterSeconds: error.retryAfterSeconds }),
      })
    const given = scheme.params.filter((param) => param.role === 'credential')
    throw new AppError('credential_refused', `${app} does not accept this credential: ${error.message}`, {
      fields: given.map((param) => ({ property: `data.${param.name}`, message: 'refused by the app' })),
    })
  }
}
