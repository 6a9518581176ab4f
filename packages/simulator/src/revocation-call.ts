import type { AppDefinition, RevocationCall } from '@holdfast/catalog'
import { callParts } from './api.ts'
import { authenticateClient } from './client-authentication.ts'
import { type CallParts, findCredential } from './credential.ts'
import { agrees, createGrants, type Grant, hashOf } from './grants.ts'
import { fillPaths } from './json-path.ts'
import { OAuthError } from './oauth-error.ts'
import type { RevocationRoute } from './routes.ts'
import { readTemplate } from './template-reader.ts'
import { errorAnswer, successMark } from './token-answer.ts'
import type { SimulatorOptions } from './types.ts'

/** An app's own call that takes a token back. It ends the whole grant, as RFC 7009 does here. */
export async function handleRevocationCall(
  options: SimulatorOptions,
  projectId: string,
  app: AppDefinition,
  route: RevocationRoute,
  request: Request,
): Promise<Response> {
  const { call } = route
  const authorization = request.headers.get('authorization')
  try {
    const parts = await callParts(request)
    checkFormat(call, parts)
    const { token, clientId } = call.authenticate === 'client' ? asClient(options, route, parts) : asToken(route, parts)
    const grants = createGrants(options.records)
    const found = await grants.findByToken(token)
    const isKnown =
      found &&
      found.grant.projectId === projectId &&
      found.grant.appKey === app.key &&
      (clientId === undefined || found.grant.clientId === clientId) &&
      agrees(found.grant.values, route.values) &&
      isGood(call, found.grant, token, options.clock.now().getTime())
    if (!isKnown) throw unknownToken(call)
    await grants.update(found.grantId, (grant) => {
      grant.revoked = true
    })
    const headers = { 'cache-control': 'no-store' }
    if (app.successField === undefined) return new Response(null, { status: 204, headers })
    return Response.json(fillPaths(successMark(app, true)), { headers })
  } catch (error) {
    if (error instanceof OAuthError) return errorAnswer(app, error, false, authorization !== null)
    throw error
  }
}

/** A body comes exactly as the definition says. @throws {OAuthError} */
function checkFormat(call: RevocationCall, { headers }: CallParts): void {
  const type = call.format === 'form' ? 'application/x-www-form-urlencoded' : 'application/json'
  if (call.body !== undefined && headers.get('content-type')?.split(';')[0]?.trim() !== type)
    throw new OAuthError('invalid_request', `the body must be ${type}`)
}

/** HTTP Basic, and the token where the definition puts it: in path, query or body. @throws {OAuthError} */
function asClient(
  { readyClient }: SimulatorOptions,
  { scheme, call, values }: RevocationRoute,
  { headers, query, body }: CallParts,
): { token: string; clientId: string } {
  const basic = { ...scheme, tokenEndpointAuthMethod: 'client_secret_basic' as const }
  const clientId = authenticateClient(basic, headers.get('authorization'), {}, readyClient)
  const found: Record<string, string> = { ...values }
  for (const [name, template] of new URLSearchParams(call.url.split('?')[1]))
    Object.assign(found, readTemplate(template, query.get(name) ?? ''))
  for (const [name, template] of Object.entries(call.body ?? {}))
    Object.assign(found, readTemplate(template, body[name] ?? ''))
  if (found.client_id !== undefined && found.client_id !== clientId)
    throw new OAuthError('invalid_client', 'the call names another client than the one that makes it', 401)
  if (!found.token) throw new OAuthError('invalid_request', 'the token is missing')
  return { token: found.token, clientId }
}

/** @throws {OAuthError} */
function asToken({ scheme, call }: RevocationRoute, parts: CallParts): { token: string; clientId: undefined } {
  const token = findCredential(scheme, parts)?.access_token
  if (!token) throw unknownToken(call)
  return { token, clientId: undefined }
}

/** Whether the grant lives and the token is of a kind that this call takes; one that proves itself must still be valid. */
function isGood(call: RevocationCall, grant: Grant, token: string, now: number): boolean {
  const issued = [
    ...(call.tokens.includes('access_token') ? grant.accessTokens : []),
    ...(call.tokens.includes('refresh_token') ? grant.refreshTokens : []),
  ].find(({ hash }) => hash === hashOf(token))
  if (!issued || grant.revoked) return false
  return call.authenticate === 'client' || issued.expiresAt === null || issued.expiresAt > now
}

/** To a client it is a thing that is not found; a token that proves itself is a bad credential. */
const unknownToken = (call: RevocationCall) =>
  new OAuthError(
    'invalid_token',
    'the token is not known',
    call.authenticate === 'token' ? 401 : (call.unknownStatuses[0] ?? 404),
  )
