import { z } from 'zod'
import { Identity, TestCall } from './schema/calls.ts'
import { checkSchemes } from './schema/rules.ts'
import { AuthScheme, endpointsOf, learnedParamsOf } from './schema/schemes.ts'
import { appKey, httpHeaders, httpUrl, jsonPath, parameters, plainHttpUrl } from './schema/texts.ts'
import type { Path } from './schema/types.ts'

export type { Call, Identity, Placement, RevocationCall, TestCall } from './schema/calls.ts'
export type { AwsSigning } from './schema/keys.ts'
export type {
  Assertion,
  ClientCredentialsScheme,
  KeyFileScheme,
  LoginScheme,
  ServiceAccountScheme,
  TokenCall,
} from './schema/machine.ts'
export type { OAuth1Scheme } from './schema/oauth1.ts'
export type { OAuth2Scheme } from './schema/oauth2.ts'
export { type LearnedParam, Param } from './schema/params.ts'
export * from './schema/schemes.ts'
export { builtInNames } from './schema/templates.ts'

const day = z.iso.date()

/**
 * One app: how one third-party service authenticates. Built-in and custom apps have this very shape.
 * Templates are `{name}`: a param of the scheme, a learned param, or one of the built-in names.
 */
export const AppDefinition = z
  .strictObject({
    $schema: z.string().optional(),
    key: appKey,
    name: z.string().min(1).max(100),
    /** Other keys in use for it. */
    aliases: z.array(appKey).max(10).default([]),
    description: z.string().max(500).default(''),
    categories: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9-]+$/)
          .max(50),
      )
      .max(10)
      .default([]),
    /** The vendor's page the values were read from, and when. */
    source: z.strictObject({ url: plainHttpUrl, readOn: day }).optional(),
    /** How many independent sources agree on the endpoints or on where the credential goes. Absent: read from `source` alone. */
    sources: z.int().positive().max(100).optional(),
    /** Known from one source and not checked against the vendor's page: such an app is hidden unless a setting shows it. */
    unverified: z.boolean().default(false),
    /** A `simple-icons` slug and the brand's colour. Without it, or when the package lost the icon, a monogram is drawn. */
    logo: z
      .strictObject({
        simpleIcon: z
          .string()
          .regex(/^[a-z0-9_]+$/, 'a simple-icons slug')
          .max(100),
        color: z
          .string()
          .regex(/^#[0-9A-Fa-f]{6}$/, 'a colour such as #1A2B3C')
          .optional(),
      })
      .optional(),
    /** Absent for an app whose host is wholly the user's. */
    baseUrl: httpUrl.optional(),
    /** Sent with every API call: version, User-Agent. */
    headers: httpHeaders.default({}),
    /** Fixed query values of every API call. */
    query: parameters.default({}),
    /**
     * A field that has another value than `successValue` where an answer with status 200 is an error (`ok`, `errcode`). An
     * answer without it is none. Errors inside 200 are else told by an `error` field.
     */
    successField: jsonPath.optional(),
    successValue: z.union([z.boolean(), z.number(), z.string().max(100)]).default(true),
    testCall: TestCall.optional(),
    identity: Identity.optional(),
    /** Preferred first. */
    authSchemes: z.array(AuthScheme).min(1).max(10),
  })
  .superRefine(checkSchemes)

export type AppDefinition = z.infer<typeof AppDefinition>
export type AppDefinitionInput = z.input<typeof AppDefinition>

/** Every `http://` URL of an app, with its path in the definition: the caller decides which hosts may go without TLS. */
export function insecureUrls(app: AppDefinition): { path: string; url: string }[] {
  const found: { path: string; url: string }[] = []
  const add = (path: Path, url: string | undefined) => {
    if (url && /^http:/i.test(url)) found.push({ path: path.join('.'), url })
  }
  add(['baseUrl'], app.baseUrl)
  add(['testCall', 'url'], app.testCall?.url)
  add(['identity', 'url'], app.identity?.url)
  for (const [index, scheme] of app.authSchemes.entries()) {
    const at = ['authSchemes', index]
    add([...at, 'baseUrl'], scheme.baseUrl)
    add([...at, 'testCall', 'url'], scheme.testCall?.url)
    add([...at, 'identity', 'url'], scheme.identity?.url)
    for (const { path, url } of endpointsOf(scheme)) add([...at, ...path], url)
    for (const [place, param] of learnedParamsOf(scheme).entries())
      add([...at, 'learnedParams', place, 'call', 'url'], param.call?.url)
  }
  return found
}
