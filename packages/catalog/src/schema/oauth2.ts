import { z } from 'zod'
import {
  integrationParams,
  learnedParams,
  schemeBase,
  scopeSeparator,
  scopes,
  send,
  setup,
  tokenResponse,
} from './base.ts'
import { RevocationCall } from './calls.ts'
import { httpHeaders, httpUrl, parameterName, parameters, plainHttpUrl } from './texts.ts'

/** Parameters that an app calls differently. */
const parameterNames = z
  .strictObject({
    clientId: parameterName.default('client_id'),
    /** In requests to the token endpoint, if it differs there. */
    tokenClientId: parameterName.optional(),
    clientSecret: parameterName.default('client_secret'),
    redirectUri: parameterName.default('redirect_uri'),
    scope: parameterName.default('scope'),
    /** In the callback. */
    code: parameterName.default('code'),
    /** In the token request. */
    tokenCode: parameterName.default('code'),
  })
  .prefault({})

/** How a token is renewed, where that is not the refresh of RFC 6749 §6. It goes to `refreshEndpoint`. */
const refreshRequest = z
  .strictObject({
    /** Absent: like the token request. */
    method: z.enum(['POST', 'GET']).optional(),
    grantType: z.string().min(1).max(200).default('refresh_token'),
    /** `access_token`: the app gives no refresh token; the access token renews itself while it is good. */
    sends: z.enum(['refresh_token', 'access_token']).default('refresh_token'),
    /** The parameter it goes in. Absent: named like what is sent. */
    tokenParam: parameterName.optional(),
    /** False: neither client id nor secret goes along. */
    authenticatesClient: z.boolean().default(true),
  })
  .prefault({})

/**
 * A second call right after the code exchange, which trades its short-lived token for a long-lived one. Values are
 * templates that may hold `{access_token}`, `{client_id}` and `{client_secret}`.
 */
const longLivedExchange = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET'),
  url: httpUrl,
  params: parameters,
})

/** An authorization server's grants: the code with PKCE, and a device's (RFC 8628) where it has an endpoint for that. */
export const OAuth2Scheme = z.strictObject({
  scheme: z.literal('OAUTH2'),
  ...schemeBase,
  integrationParams,
  authorizationEndpoint: httpUrl,
  /** `#word` is put behind the authorization URL. `#/path` is a page of its own, and gets the parameters: `#/path?client_id=…`. */
  authorizationFragment: z
    .string()
    .regex(/^#[\w!/-]+$/, '#word or #/path')
    .max(100)
    .optional(),
  tokenEndpoint: httpUrl,
  /** Where a refresh goes, if elsewhere. */
  refreshEndpoint: httpUrl.optional(),
  /** RFC 7009; asked in the format and with the client authentication of the token endpoint. */
  revocationEndpoint: httpUrl.optional(),
  /** Instead of a revocation endpoint. */
  revocationCall: RevocationCall.optional(),
  /** RFC 8628 §3.1. */
  deviceAuthorizationEndpoint: httpUrl.optional(),
  /** RFC 9207: compared with `iss` of the authorization response when that is present. */
  issuer: plainHttpUrl.optional(),
  /** RFC 9207 `authorization_response_iss_parameter_supported`: an answer without `iss` is refused. */
  issuerRequired: z.boolean().default(false),
  /** RFC 7636. `none` only where the authorization server refuses the parameter. */
  codeChallengeMethod: z.enum(['S256', 'none']).default('S256'),
  /** RFC 7591 §2 names. `none` is a public client without a secret. */
  tokenEndpointAuthMethod: z.enum(['client_secret_basic', 'client_secret_post', 'none']).default('client_secret_basic'),
  parameterNames,
  /** `GET`: everything goes into the query, the secret too; only where the app knows nothing else. */
  tokenRequestMethod: z.enum(['POST', 'GET']).default('POST'),
  tokenRequestFormat: z.enum(['form', 'json']).default('form'),
  tokenRequestHeaders: httpHeaders.optional(),
  authorizationParams: parameters.default({}),
  tokenParams: parameters.default({}),
  refreshParams: parameters.default({}),
  refreshRequest,
  longLivedExchange: longLivedExchange.optional(),
  scopeSeparator: scopeSeparator.default(' '),
  scopes,
  tokenResponse,
  refresh: z
    .strictObject({
      /** `true`: each refresh returns a new refresh token and retires the old one. Answers always win over this. */
      rotates: z.union([z.boolean(), z.literal('unknown')]).default('unknown'),
      /** How long a retired refresh token still works. A lost answer may be retried within it, once. */
      graceSeconds: z.int().min(0).default(0),
      /** Used when the answer has no `expires_in`. `null`: the access token does not expire. Absent: unknown. */
      accessTokenLifetimeSeconds: z.int().positive().nullable().optional(),
      refreshTokenLifetimeSeconds: z.int().positive().optional(),
      /** A refresh token that is not used for so long dies; each use begins the time anew. */
      refreshTokenIdleSeconds: z.int().positive().optional(),
    })
    .prefault({}),
  /** Callback parameters beyond code and state that must equal what was stored: `{ "shop": "{shop_name}.myshopify.com" }`. */
  callbackParams: parameters.default({}),
  /**
   * The callback is signed with the client secret: HMAC over its other parameters, sorted by name, written `name=value` and
   * joined with `&`. One without the right signature is refused.
   */
  callbackSignature: z
    .strictObject({
      parameter: parameterName,
      algorithm: z.enum(['HMAC-SHA256', 'HMAC-SHA1']).default('HMAC-SHA256'),
      encoding: z.enum(['hex', 'base64']).default('hex'),
    })
    .optional(),
  /** Callback parameters worth keeping beside the tokens, as raw connection params of the same name. */
  callbackKeep: z.array(parameterName).max(10).default([]),
  /** The callback parameter that tells the granted scopes, where the token answer does not. */
  callbackScopes: parameterName.optional(),
  learnedParams,
  send: send('{access_token}'),
  setup,
})
export type OAuth2Scheme = z.infer<typeof OAuth2Scheme>
