import * as oauth from 'oauth4webapi'
import type { OAuthProvider } from './types.ts'

/**
 * How the client proves itself at the token and revocation endpoints. A client without a secret is a public one,
 * whatever the definition expects.
 *
 * @see RFC 6749 §2.3.1
 */
export function clientAuthentication({ scheme, client }: Pick<OAuthProvider, 'scheme' | 'client'>): oauth.ClientAuth {
  const secret = client.clientSecret?.reveal()
  if (secret === undefined || scheme.tokenEndpointAuthMethod === 'none') return oauth.None()
  if (scheme.tokenEndpointAuthMethod === 'client_secret_post') return oauth.ClientSecretPost(secret)
  return (_server, _client, _body, headers) => {
    headers.set('authorization', `Basic ${basicCredentials(client.clientId, secret)}`)
  }
}

/**
 * HTTP Basic with form-encoded halves. The library's own version also encodes `-`, `_` and `.`, which the form encoding
 * leaves alone; many servers do not decode at all, and they know ids and secrets with just these characters.
 */
export const basicCredentials = (clientId: string, clientSecret: string) =>
  btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)

const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
