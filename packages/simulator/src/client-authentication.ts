import { timingSafeEqual } from 'node:crypto'
import type { OAuth2Scheme } from '@holdfast/catalog'
import { hashOf } from './grants.ts'
import { OAuthError } from './oauth-error.ts'
import type { SimulatorOptions } from './types.ts'

/**
 * Authenticates the client in exactly the way the definition names (RFC 6749 §2.3.1); any other way is refused, so that an
 * engine that uses the wrong one is found out here. The ready client has one right secret, other clients any.
 *
 * @returns The client id.
 * @throws {OAuthError} `invalid_client`, status 401.
 */
export function authenticateClient(
  scheme: Pick<OAuth2Scheme, 'tokenEndpointAuthMethod'>,
  authorization: string | null,
  body: Readonly<Record<string, string>>,
  readyClient: SimulatorOptions['readyClient'],
): string {
  const basic = authorization === null ? undefined : basicCredentials(authorization)
  const method = scheme.tokenEndpointAuthMethod
  if (method === 'client_secret_basic') {
    if (!basic) throw refused('send client id and secret in the Authorization header (client_secret_basic)')
    if (body.client_secret !== undefined) throw refused('the client secret came twice: in the header and in the body')
    if (body.client_id !== undefined && body.client_id !== basic.clientId)
      throw refused('header and body name different clients')
    return checked(basic.clientId, basic.clientSecret, readyClient)
  }
  if (authorization !== null) throw refused(`no Authorization header is wanted here (${method})`)
  const clientId = body.client_id
  if (!clientId) throw refused('client_id is missing in the body')
  if (method === 'client_secret_post') return checked(clientId, body.client_secret, readyClient)
  if (body.client_secret !== undefined) throw refused('a public client has no secret')
  return clientId
}

function checked(clientId: string, secret: string | undefined, ready: SimulatorOptions['readyClient']): string {
  if (clientId === '') throw refused('the client id is missing')
  if (!secret) throw refused('the client secret is missing')
  if (clientId === ready.clientId && !sameText(secret, ready.clientSecret)) throw refused('the client secret is wrong')
  return clientId
}

/** Each half is form-encoded before they are joined (RFC 6749 §2.3.1). */
function basicCredentials(authorization: string): { clientId: string; clientSecret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  const text = encoded && Buffer.from(encoded, 'base64').toString()
  const halves = text && /^([^:]*):(.*)$/s.exec(text)
  if (!halves) return undefined
  try {
    const [clientId, clientSecret] = halves.slice(1).map((half) => decodeURIComponent(half.replaceAll('+', ' ')))
    return { clientId: clientId ?? '', clientSecret: clientSecret ?? '' }
  } catch {
    return undefined
  }
}

const refused = (message: string) => new OAuthError('invalid_client', message, 401)

const sameText = (left: string, right: string): boolean =>
  timingSafeEqual(Buffer.from(hashOf(left)), Buffer.from(hashOf(right)))
