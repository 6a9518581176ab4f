import { z } from 'zod'
import { matchesPattern } from '../pattern.ts'
import { Call } from './calls.ts'
import { jsonPath, parameterName, paramName, pattern, plainHttpUrl } from './texts.ts'

/**
 * What the value becomes decides what is checked:
 * `credential` is judged by the app's test call and its pattern is a hint on the form; `hostLabel` (one DNS label),
 * `host` (a whole host name) and `path` (one path segment) are walls, checked on save and again in the built URL;
 * `value` goes where nothing can be broken (a header or query value) and its pattern is enforced.
 */
const paramRole = z.enum(['credential', 'hostLabel', 'host', 'path', 'value'])

const paramBase = z.strictObject({
  name: paramName,
  label: z.string().min(1).max(100),
  help: z.string().max(500).default(''),
  helpUrl: plainHttpUrl.optional(),
  example: z.string().max(200).optional(),
  default: z.string().max(500).optional(),
  role: paramRole,
  /** Absent: a credential is secret, anything else is not. */
  secret: z.boolean().optional(),
  required: z.boolean().default(true),
  pattern: pattern.optional(),
  options: z.array(z.string().max(200)).min(1).max(50).optional(),
})

/** A field the person fills in. */
export const Param = paramBase
  .superRefine((param, context) => {
    const problem = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (['host', 'path'].includes(param.role) && !param.pattern && !param.options)
      problem('pattern', `required for role ${param.role}: the pattern is a wall`)
    if (param.default !== undefined && param.role === 'credential') problem('default', 'a credential has no default')
    if (param.default !== undefined && param.options && !param.options.includes(param.default))
      problem('default', 'not one of the options')
    if (param.default !== undefined && param.pattern && !matchesPattern(param.pattern, param.default))
      problem('default', 'does not match the pattern')
  })
  .transform((param) => ({ ...param, secret: param.secret ?? param.role === 'credential' }))
export type Param = z.infer<typeof Param>

/**
 * A value that is learnt, not typed: `callback` reads a parameter of the authorization response (and may serve the token
 * endpoint), `tokenResponse` reads the token answer, `call` one authenticated call after the exchange. A URL found for a
 * `host` is cut down to its host name. Checked like a typed param.
 */
export const LearnedParam = paramBase
  .pick({ name: true, role: true, pattern: true, default: true })
  .extend({
    from: z.enum(['callback', 'tokenResponse', 'call']),
    call: Call.optional(),
    /** A dot path into the answer; with `callback` the name of the parameter. */
    path: z.union([jsonPath, parameterName]),
    /** The one group of this expression is the value: `^stores/([a-z0-9]+)$`. */
    extract: pattern.refine((text) => groupsIn(text) === 1, 'must have exactly one group ( )').optional(),
  })
  .refine((param) => (param.from === 'call') === (param.call !== undefined), {
    path: ['call'],
    message: 'goes with from: "call"',
  })
  .refine((param) => !['host', 'path'].includes(param.role) || param.pattern !== undefined, {
    path: ['pattern'],
    message: 'required for this role: the pattern is a wall',
  })
  .refine((param) => param.default === undefined || matchesPattern(param.pattern ?? '^.*$', param.default), {
    path: ['default'],
    message: 'does not match the pattern',
  })
export type LearnedParam = z.infer<typeof LearnedParam>

/** Matching `|` with nothing always succeeds, and tells how many groups there are. */
const groupsIn = (expression: string): number => (new RegExp(`${expression}|`, 'u').exec('')?.length ?? 1) - 1
