/**
 * OAuth owns the protocol with providers: it builds authorization, token and revocation requests from an app's
 * definition, reads answers once with the app's quirks, and makes the few calls that tell whose credential it is and
 * whether it works. Wire names are snake_case here and camelCase outside. It keeps nothing.
 *
 * `oauth4webapi` builds token and revocation requests and checks authorization responses. Two things are ours: the
 * reading of token answers, since the library rightly refuses what providers really send (a form body, status 201, no
 * `token_type`, an error inside 200, nested tokens) and would otherwise only see what our reader had just written; and
 * the classification of failures, which needs status, headers and body together.
 */
export { identify, learnByCalls, tryCredential } from './app-calls.ts'
export { authorizationUrl, readAuthorizationResponse } from './authorization.ts'
export { authorizeDevice, pollDevice } from './device.ts'
export { discoverServer } from './discovery.ts'
export { learnedValue } from './learned.ts'
export { fetchToken } from './machine-tokens.ts'
export {
  grantedToken,
  oauth1AuthorizationUrl,
  readOAuth1Response,
  requestToken,
  tokenOfCallback,
} from './oauth1.ts'
export { signatureHeaders, signsCalls } from './signing.ts'
export { redeemCode, refreshTokens, revokeToken } from './token-requests.ts'
export * from './types.ts'
