import { z } from 'zod'
import { callUrl, headerName, headerValue, httpHeaders, jsonPath, parameters } from './texts.ts'

/**
 * One HTTP call with the app's own headers and the credential. `url` may begin with `/`: then it stands below the base
 * URL. `body` is sent as JSON; of its texts those whose names all have a value are templates, so GraphQL stays as it is.
 * Without it there is no body.
 */
export const Call = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET'),
  url: callUrl,
  headers: httpHeaders.optional(),
  body: z.record(z.string(), z.unknown()).optional(),
})
export type Call = z.infer<typeof Call>

/** A cheap call that proves a credential. */
export const TestCall = Call.extend({
  /** Statuses that mean a bad credential. Without 403 where a good one may lack the permission for this very call. */
  refusedStatuses: z.array(z.int().min(400).max(499)).min(1).max(10).default([401, 403]),
})
export type TestCall = z.infer<typeof TestCall>

/** Asks the app whose account this is. Each path that the answer lacks stays undefined; `id` is what must not change on reconnect. */
export const Identity = Call.extend({
  id: jsonPath,
  name: jsonPath.optional(),
  email: jsonPath.optional(),
  avatar: jsonPath.optional(),
})
export type Identity = z.infer<typeof Identity>

/** Where a credential goes on each API call. */
export const Placement = z
  .strictObject({
    in: z.enum(['header', 'query', 'body']),
    name: z.string().min(1).max(200),
    value: headerValue.min(1),
  })
  .superRefine((placement, context) => {
    const name = placement.in === 'header' ? headerName.safeParse(placement.name) : undefined
    for (const issue of name?.error?.issues ?? [])
      context.addIssue({ code: 'custom', path: ['name'], message: issue.message })
  })
export type Placement = z.infer<typeof Placement>

/** RFC 7617: templates of the two halves, `{email}/token` and `{api_token}`. */
export const Basic = z.strictObject({ username: z.string().max(500), password: z.string().max(500) })

/**
 * An app's own way to take a token back, where it has no endpoint of RFC 7009. In `url` and `body` `{token}` is the token.
 * A 2xx without an error inside means that it is gone.
 */
export const RevocationCall = z.strictObject({
  method: z.enum(['POST', 'DELETE', 'GET']).default('POST'),
  url: callUrl,
  /** `token`: it proves itself, sent like on any API call. `client`: HTTP Basic with the OAuth client. */
  authenticate: z.enum(['token', 'client']),
  headers: httpHeaders.optional(),
  format: z.enum(['json', 'form']).default('json'),
  /** Without it there is no body. */
  body: parameters.optional(),
  /** Which tokens the app takes back in this way. */
  tokens: z
    .array(z.enum(['access_token', 'refresh_token']))
    .min(1)
    .max(2)
    .default(['access_token']),
  /** Statuses that mean that the app does not know the token any more. */
  unknownStatuses: z.array(z.int().min(400).max(499)).max(10).default([404]),
})
export type RevocationCall = z.infer<typeof RevocationCall>
