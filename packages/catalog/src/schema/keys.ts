import { z } from 'zod'
import { pathOf, templateNames } from '../template.ts'
import { schemeBase, send } from './base.ts'
import { Basic, Placement } from './calls.ts'
import type { Param } from './params.ts'

/**
 * AWS Signature Version 4: what each request is signed with. The caller hands us the request and gets its headers.
 * Values are templates.
 */
export const AwsSigning = z.strictObject({
  algorithm: z.literal('AWS4-HMAC-SHA256'),
  accessKeyId: z.string().max(200).default('{access_key_id}'),
  secretAccessKey: z.string().max(200).default('{secret_access_key}'),
  /** Left out where its param has no value. */
  sessionToken: z.string().max(200).optional(),
  region: z.string().max(200).default('{region}'),
  service: z.string().max(200).default('{service}'),
})
export type AwsSigning = z.infer<typeof AwsSigning>

export const ApiKeyScheme = z
  .strictObject({
    scheme: z.literal('API_KEY'),
    ...schemeBase,
    send: z.array(Placement).max(5).default([]),
    /** Instead of `send`: the keys sign each request and are not sent. */
    signing: AwsSigning.optional(),
  })
  .refine((scheme) => (scheme.send.length > 0 || isInAddress(scheme)) !== (scheme.signing !== undefined), {
    path: ['send'],
    message: 'says where the key goes; or signing says how requests are signed with it',
  })

/** A few apps take the key as a part of the path: it stands in the scheme's own `baseUrl`. */
function isInAddress({ baseUrl = '', params }: { baseUrl?: string | undefined; params: Param[] }): boolean {
  const names = templateNames(pathOf(baseUrl))
  return params.some(({ name, role }) => role === 'credential' && names.includes(name))
}

export const BearerScheme = z.strictObject({
  scheme: z.literal('BEARER_TOKEN'),
  ...schemeBase,
  send: send('{token}'),
})

export const BasicScheme = z.strictObject({
  scheme: z.literal('BASIC'),
  ...schemeBase,
  basic: Basic.prefault({ username: '{username}', password: '{password}' }),
})

export const NoAuthScheme = z.strictObject({ scheme: z.literal('NO_AUTH'), ...schemeBase })
