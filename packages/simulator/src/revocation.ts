import type { AppDefinition, OAuth2Scheme } from '@holdfast/catalog'
import { authenticateClient } from './client-authentication.ts'
import { createGrants } from './grants.ts'
import { OAuthError } from './oauth-error.ts'
import { errorAnswer } from './token-answer.ts'
import { canonical } from './token-endpoint.ts'
import { readTokenRequest } from './token-request.ts'
import type { SimulatorOptions } from './types.ts'

/** RFC 7009. Either token ends the whole grant; a token that is not known is no error (§2.2). */
export async function handleRevocation(
  options: SimulatorOptions,
  projectId: string,
  app: AppDefinition,
  scheme: OAuth2Scheme,
  request: Request,
): Promise<Response> {
  const authorization = request.headers.get('authorization')
  try {
    const body = canonical(scheme, await readTokenRequest(request, ['form', 'json']))
    const clientId = authenticateClient(scheme, authorization, body, options.readyClient)
    if (!body.token) throw new OAuthError('invalid_request', 'token is missing')
    const grants = createGrants(options.records)
    const found = await grants.findByToken(body.token)
    if (found && found.grant.projectId === projectId && found.grant.appKey === app.key) {
      if (found.grant.clientId !== clientId)
        throw new OAuthError('invalid_grant', 'the token was issued to another client')
      await grants.update(found.grantId, (grant) => {
        grant.revoked = true
      })
    }
    return new Response(null, { status: 200, headers: { 'cache-control': 'no-store' } })
  } catch (error) {
    if (error instanceof OAuthError) return errorAnswer(app, error, false, authorization !== null)
    throw error
  }
}
