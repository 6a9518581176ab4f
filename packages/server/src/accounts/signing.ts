import { isGrantedInBrowser } from '@holdfast/catalog'
import { AppError, invalid } from '../errors.ts'
import type { Integration } from '../integrations/index.ts'
import { signatureHeaders, signsCalls } from '../oauth/index.ts'
import type { Provider } from '../oauth/types.ts'
import type { AccountRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { clientOf, providerFor } from './providers.ts'
import { getWithCredentials } from './reading.ts'
import type { AuthParams, SignedCall, UnsignedCall } from './types.ts'
import { unusable } from './usable.ts'

/**
 * Signs one call with an account's credentials, for schemes whose credentials are never sent.
 *
 * @throws {AppError} not_supported for other schemes; validation_failed; account_disabled, account_not_active,
 * reconnect_required.
 */
export async function signCall(
  context: Context,
  ensureFresh: (row: AccountRow) => Promise<AccountRow | undefined>,
  projectId: string,
  id: string,
  call: UnsignedCall,
): Promise<SignedCall> {
  const { account, connectionParams, authParams } = await getWithCredentials(context, ensureFresh, projectId, id)
  const integration = await context.integrations.get(projectId, account.integrationId)
  if (!signsCalls(integration.scheme))
    throw new AppError(
      'not_supported',
      `A call to ${account.appName} carries the credential itself: GET /api/v1/connectedAccounts/{id}/info hands it out.`,
    )
  if (!authParams) throw unusable(account)
  const params = Object.entries(connectionParams).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  )
  const provider = await signingProviderFor(context, integration, Object.fromEntries(params))
  const { url, appUrl } = addressOf(provider, authParams, call.url)
  const body = call.bodySha256 === undefined ? call.body : { sha256: call.bodySha256 }
  const headers = { ...placed(authParams, 'header'), ...lowerCase(call.headers ?? {}) }
  const signature = signatureHeaders(provider, { method: call.method, url, appUrl, headers, body })
  return { url: url.href, headers: { ...placed(authParams, 'header'), ...signature } }
}

/** Like `providerFor`, with the OAuth client where calls are signed with its secret too. */
export async function signingProviderFor(
  context: Context,
  integration: Integration,
  params: Record<string, string>,
): Promise<Provider> {
  const provider = providerFor(context, integration, params)
  return integration.scheme.scheme === 'OAUTH1' && isGrantedInBrowser(integration.scheme)
    ? { ...provider, client: await clientOf(context, integration) }
    : provider
}

/** Where the call goes: a path stands below the base URL, and an address of the app's own is mapped like any. */
function addressOf(provider: Provider, authParams: AuthParams, given: string): { url: URL; appUrl: URL } {
  const { baseUrl } = authParams
  const isBelow = given.startsWith('/')
  if (isBelow && baseUrl === '')
    throw invalid({ property: 'url', message: 'the app has no base URL; give the whole URL' })
  const url = URL.parse(isBelow ? baseUrl + given : given)
  if (!url || !['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.hash !== '')
    throw invalid({ property: 'url', message: 'a path below the base URL, or an http(s) URL without user info and #' })
  // Such a signature is made of the secrets themselves.
  const isPlain = provider.scheme.scheme === 'OAUTH1' && provider.scheme.signatureMethod === 'PLAINTEXT'
  if (isPlain && url.origin !== URL.parse(baseUrl)?.origin)
    throw invalid({ property: 'url', message: `this app is called at ${baseUrl} only` })
  const isMapped = isBelow || (baseUrl !== '' && url.origin === new URL(baseUrl).origin)
  const target = isMapped ? url : provider.resolve(url)
  for (const [name, value] of Object.entries(placed(authParams, 'query'))) target.searchParams.set(name, value)
  return { url: target, appUrl: url }
}

const placed = ({ params }: AuthParams, where: 'header' | 'query'): Record<string, string> => {
  const found = Object.fromEntries(params.filter((param) => param.in === where).map(({ name, value }) => [name, value]))
  return where === 'header' ? lowerCase(found) : found
}

const lowerCase = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
