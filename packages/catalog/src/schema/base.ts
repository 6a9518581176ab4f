import { z } from 'zod'
import { Identity, Placement, TestCall } from './calls.ts'
import { LearnedParam, Param } from './params.ts'
import { httpUrl, jsonPath, plainHttpUrl } from './texts.ts'

/** The fields every scheme has. */
export const schemeBase = {
  /** Shown where an app offers several ways: "Personal API key". */
  label: z.string().min(1).max(100),
  params: z.array(Param).max(20).default([]),
  /** These replace the app's own for this scheme. */
  baseUrl: httpUrl.optional(),
  testCall: TestCall.optional(),
  identity: Identity.optional(),
  /** Our own words for the operator or the person, shown in the docs. */
  notes: z.string().max(1000).optional(),
  /** Like those of the app, for this scheme alone. */
  sources: z.int().positive().max(100).optional(),
  unverified: z.boolean().default(false),
}

/** The places of a token; the usual one is that of RFC 6750 §2.1, with `token` as its template. */
export const send = (token: string) =>
  z
    .array(Placement)
    .min(1)
    .max(5)
    .default([{ in: 'header', name: 'Authorization', value: `Bearer ${token}` }])

const scopeName = z.string().min(1).max(300)

const Scope = z.strictObject({
  name: scopeName,
  /** What the person allows, in plain language: "Read your email". */
  description: z.string().min(1).max(200),
})

export const scopes = z
  .strictObject({
    /** Asked for unless the integration says otherwise. */
    default: z.array(scopeName).max(100).default([]),
    /** Scopes without which no refresh token comes (`offline_access`); always asked for. */
    required: z.array(scopeName).max(20).default([]),
    described: z.array(Scope).max(500).default([]),
    /** Chosen where the client is registered; none are asked for. */
    fixedInApp: z.boolean().default(false),
    /**
     * Further parameters that ask for scopes: with `user_scope` here, the scope `user_scope=chat:write` is asked for as
     * `chat:write` in that parameter.
     */
    params: z
      .array(
        z
          .string()
          .regex(/^[a-z_]+$/i)
          .max(50),
      )
      .max(5)
      .default([]),
  })
  .prefault({})

export const scopeSeparator = z.enum([' ', ',', '+', ';'])

/** Dot paths into a token answer; the RFC 6749 §5.1 names unless said otherwise. */
export const tokenResponse = z
  .strictObject({
    accessToken: jsonPath.default('access_token'),
    refreshToken: jsonPath.default('refresh_token'),
    expiresIn: jsonPath.default('expires_in'),
    /** The time of expiry, where the answer tells that: seconds or milliseconds since 1970, or an ISO 8601 date. */
    expiresAt: jsonPath.optional(),
    scope: jsonPath.default('scope'),
    /** How granted scopes are separated, if not like the request. */
    scopeSeparator: scopeSeparator.optional(),
    /** Worth keeping beside the tokens; each becomes a raw connection param named by its last part, so these differ. */
    keep: z.array(jsonPath).max(20).default([]),
  })
  .prefault({})

export const learnedParams = z.array(LearnedParam).max(10).default([])

export const setup = z
  .strictObject({
    /** Where the operator registers the OAuth client. */
    url: plainHttpUrl,
    steps: z.array(z.string().min(1).max(400)).min(1).max(12),
  })
  .optional()

/** What the operator fills in once for an integration, not each person: an install page's slug, a developer token. */
export const integrationParams = z.array(Param).max(10).default([])
