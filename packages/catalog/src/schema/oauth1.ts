import { z } from 'zod'
import { integrationParams, learnedParams, schemeBase, setup } from './base.ts'
import { httpUrl, jsonPath, parameters } from './texts.ts'

/**
 * OAuth 1.0a (RFC 5849). With the three endpoints a person grants access in the browser. Without them the person pastes
 * consumer and token, made by hand in the app, and `tokens` says which params they are.
 */
export const OAuth1Scheme = z
  .strictObject({
    scheme: z.literal('OAUTH1'),
    ...schemeBase,
    integrationParams,
    requestTokenEndpoint: httpUrl.optional(),
    authorizationEndpoint: httpUrl.optional(),
    accessTokenEndpoint: httpUrl.optional(),
    /** Templates of the four parts, for tokens made by hand. */
    tokens: z
      .strictObject({
        consumerKey: z.string().max(200).default('{consumer_key}'),
        consumerSecret: z.string().max(200).default('{consumer_secret}'),
        token: z.string().max(200).default('{token_id}'),
        tokenSecret: z.string().max(200).default('{token_secret}'),
      })
      .optional(),
    signatureMethod: z.enum(['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT']).default('HMAC-SHA1'),
    /** RFC 5849 §3.5.1; a template. */
    realm: z.string().max(200).optional(),
    requestTokenParams: parameters.default({}),
    authorizationParams: parameters.default({}),
    /** How long an access token lives. `null`: it does not expire. */
    accessTokenLifetimeSeconds: z.int().positive().nullable().default(null),
    /** Fields of the access token answer worth keeping, as raw connection params of the same name. */
    keep: z.array(jsonPath).max(20).default([]),
    learnedParams,
    setup,
  })
  .superRefine((scheme, context) => {
    const endpoints = [scheme.requestTokenEndpoint, scheme.authorizationEndpoint, scheme.accessTokenEndpoint]
    const given = endpoints.filter((endpoint) => endpoint !== undefined).length
    if (given === (scheme.tokens ? 0 : 3)) return
    const message = 'an OAUTH1 scheme has its three endpoints, or tokens that are made by hand'
    context.addIssue({ code: 'custom', path: ['requestTokenEndpoint'], message })
  })
export type OAuth1Scheme = z.infer<typeof OAuth1Scheme>
