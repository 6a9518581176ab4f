import { z } from 'zod'
import { learnedParams, schemeBase, scopeSeparator, scopes, send, tokenResponse } from './base.ts'
import { Basic } from './calls.ts'
import { httpHeaders, httpUrl, parameterName, parameters, paramName } from './texts.ts'

/**
 * Schemes in which the server itself fetches a token with what the person gave, and fetches another one before it ends:
 * no browser, no refresh token. The first fetch is the proof of the credential.
 */
const machineBase = {
  ...schemeBase,
  tokenResponse,
  /** Used when the answer names none. `null`: the token does not expire. Absent: unknown, and fetched anew each hour. */
  accessTokenLifetimeSeconds: z.int().positive().nullable().optional(),
  learnedParams,
  send: send('{access_token}'),
}

/** OAuth 2 client credentials (RFC 6749 §4.4). */
export const ClientCredentialsScheme = z.strictObject({
  scheme: z.literal('S2S_OAUTH2'),
  ...machineBase,
  tokenEndpoint: httpUrl,
  grantType: z.string().min(1).max(200).default('client_credentials'),
  /** Templates of the client. */
  client: z
    .strictObject({ id: z.string().max(200), secret: z.string().max(200) })
    .prefault({ id: '{client_id}', secret: '{client_secret}' }),
  tokenEndpointAuthMethod: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
  parameterNames: z
    .strictObject({
      clientId: parameterName.default('client_id'),
      clientSecret: parameterName.default('client_secret'),
    })
    .prefault({}),
  tokenRequestFormat: z.enum(['form', 'json']).default('form'),
  tokenRequestHeaders: httpHeaders.optional(),
  tokenParams: parameters.default({}),
  scopeSeparator: scopeSeparator.default(' '),
  scopes,
})
export type ClientCredentialsScheme = z.infer<typeof ClientCredentialsScheme>

/** A call that is answered with a token. Texts are templates; with `GET` the body goes into the query. */
const TokenCall = z.strictObject({
  method: z.enum(['POST', 'GET']).default('POST'),
  url: httpUrl,
  headers: httpHeaders.optional(),
  /** HTTP Basic with these halves. */
  basic: Basic.optional(),
  format: z.enum(['json', 'form']).default('json'),
  /** Without it there is no body. */
  body: z.record(z.string(), z.unknown()).optional(),
})
export type TokenCall = z.infer<typeof TokenCall>

/** Credentials are posted to a login and traded for a session token, which mostly is a JWT. */
export const LoginScheme = z.strictObject({
  scheme: z.literal('BASIC_WITH_JWT'),
  ...machineBase,
  login: TokenCall,
})
export type LoginScheme = z.infer<typeof LoginScheme>

const signingAlgorithm = z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA', 'HS256', 'HS512'])

/** A JWT signed with the person's key (RFC 7515). `iat` and `exp` are set by the server. */
const Assertion = z.strictObject({
  algorithm: signingAlgorithm.default('RS256'),
  /** The param that holds the key. */
  key: paramName.default('private_key'),
  /** How it is written: PEM (PKCS#8 or PKCS#1), or a shared secret as text, hex or base64. */
  keyFormat: z.enum(['pem', 'text', 'hex', 'base64']).default('pem'),
  /** Beside `alg` and `typ`. */
  header: parameters.default({}),
  claims: parameters.default({}),
  lifetimeSeconds: z.int().min(30).max(86_400).default(300),
})
export type Assertion = z.infer<typeof Assertion>

/**
 * A key pair or a shared secret signs a JWT. With `tokenRequest`, in which `{jwt}` stands for it, the JWT is traded for an
 * access token (RFC 7523); without, it is the credential itself: `{jwt}` in `send`.
 */
export const ServiceAccountScheme = z.strictObject({
  scheme: z.literal('SERVICE_ACCOUNT'),
  ...machineBase,
  assertion: Assertion,
  tokenRequest: TokenCall.optional(),
})
export type ServiceAccountScheme = z.infer<typeof ServiceAccountScheme>

/**
 * A service account whose key is a JSON file with `client_email`, `private_key`, `private_key_id` and `token_uri`. It is
 * pasted as a whole; it signs for the scopes, and for `subject` where that has a value.
 */
export const KeyFileScheme = z.strictObject({
  scheme: z.literal('GOOGLE_SERVICE_ACCOUNT'),
  ...machineBase,
  tokenEndpoint: httpUrl,
  /** The param that holds the file. */
  keyFile: paramName.default('credentials_json'),
  /** The param that names the person to act for (domain-wide delegation). */
  subject: paramName.optional(),
  /** The param in which the person may name other scopes. */
  scopesParam: paramName.optional(),
  scopes,
})
export type KeyFileScheme = z.infer<typeof KeyFileScheme>
