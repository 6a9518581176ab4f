import { type RevocationCall, renderText } from '@holdfast/catalog'
import type { FetchInit } from '../egress/types.ts'
import type { Secret } from '../secret.ts'
import { targetOf } from './app-calls.ts'
import { parseBody } from './body.ts'
import { basicCredentials } from './client-authentication.ts'
import { cleanerFor, secretsOf } from './provider-text.ts'
import { answerOf, sendable } from './sending.ts'
import { type RawAnswer, refusal, saysError } from './token-errors.ts'
import { type OAuthProvider, TokenError } from './types.ts'

/**
 * Gives a token back by the app's own call.
 * @throws {TokenError}
 */
export async function revokeByCall(
  provider: OAuthProvider,
  call: RevocationCall,
  token: Secret,
  kind: 'refresh_token' | 'access_token',
): Promise<'revoked' | 'unsupported'> {
  if (!call.tokens.includes(kind)) return 'unsupported'
  const { url, init } = sendable(() => requestFor(provider, call, token.reveal()))
  const answer = await answerOf(() => provider.fetch(url, init))
  if (call.unknownStatuses.includes(answer.status) || hasTakenBack(provider, answer)) return 'revoked'
  // RFC 6750 §3.1: what is sent is no good any more. A 403 only says that it may not do this, and it works on.
  if (call.authenticate === 'token' && answer.status === 401) return 'revoked'
  const error = refusal(answer, cleanerFor([...secretsOf(provider), token.reveal()]), new Date())
  if (call.authenticate === 'client' && [401, 403].includes(answer.status)) throw clientRejected(error)
  if (error.kind === 'grant_lost') return 'revoked'
  if (error.oauthError === 'unsupported_token_type') return 'unsupported'
  throw error
}

/** Whether an answer says that the token is gone: a 2xx without an error inside. */
export const hasTakenBack = ({ app }: OAuthProvider, { status, text }: RawAnswer): boolean =>
  status >= 200 && status < 300 && !saysError(parseBody(text) ?? {}, app)

/** @throws {TokenError} client_rejected, when the client has no secret. @throws {TemplateError} */
function requestFor(provider: OAuthProvider, call: RevocationCall, token: string): { url: URL; init: FetchInit } {
  const values = { ...provider.values, client_id: provider.client.clientId, access_token: token, token }
  const { url, auth } = targetOf({ ...provider, values }, call, call.authenticate === 'token')
  const fields: Record<string, string> = { ...rendered(call.body ?? {}, values), ...auth.body }
  const hasBody = call.method !== 'GET' && (call.body !== undefined || Object.keys(auth.body).length > 0)
  const asForm = call.format === 'form'
  const headers: Record<string, string> = {
    accept: 'application/json',
    ...lowerCased(auth.headers),
    ...(hasBody && { 'content-type': asForm ? 'application/x-www-form-urlencoded' : 'application/json' }),
    ...(call.authenticate === 'client' && { authorization: basicOf(provider) }),
    ...lowerCased(rendered(call.headers ?? {}, values)),
  }
  const body = asForm ? new URLSearchParams(fields).toString() : JSON.stringify(fields)
  return { url: provider.resolve(url), init: { method: call.method, headers, body: hasBody ? body : undefined } }
}

function basicOf({ client }: OAuthProvider): string {
  if (client.clientSecret === null)
    throw new TokenError('client_rejected', 'the OAuth client has no secret to prove itself')
  return `Basic ${basicCredentials(client.clientId, client.clientSecret.reveal())}`
}

const rendered = (templates: Readonly<Record<string, string>>, values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(templates).map(([name, text]) => [name, renderText(text, values)]))

const lowerCased = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const clientRejected = ({ message, oauthError, status, retryAfterSeconds }: TokenError) =>
  new TokenError('client_rejected', message, { oauthError, status, retryAfterSeconds })
