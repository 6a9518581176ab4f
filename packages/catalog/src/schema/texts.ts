import { z } from 'zod'
import { isPattern } from '../pattern.ts'
import { renderUrl, templateNames } from '../template.ts'

/** The words every part of a definition is made of: keys, names, URLs, patterns, paths, headers. */

export const appKey = z
  .string()
  .regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, 'lower-case letters, digits, single - or _ between them')
  .max(64)

/** Names are those of the wire (`shop_name`, `api_key`), so snake_case. */
export const paramName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'snake_case: lower-case letters, digits and _')
  .max(64)

export const httpUrl = z
  .string()
  .max(1000)
  .refine(isHttpUrlTemplate, 'an http(s) URL without user info and #; {name} may stand where the user fills in a value')
export const plainHttpUrl = z.url({ protocol: /^https?$/ })

/** An anchored regular expression, tried against the whole value. */
export const pattern = z
  .string()
  .max(1000)
  .refine(
    (text) => text.startsWith('^') && text.endsWith('$') && isPattern(text),
    'an anchored regular expression: ^…$',
  )

export const jsonPath = z
  .string()
  .regex(/^[A-Za-z0-9_$-]+(?:\.[A-Za-z0-9_$-]+)*$/, 'a dot path such as data.viewer.id')
  .max(200)

/** RFC 9110 §5.5 without obs-text: what may be sent in a header. Values of params are checked when they are given. */
export const headerValue = z
  .string()
  .max(1000)
  .regex(/^[\x20-\x7e]*$/, 'printable ASCII')

/** Hop-by-hop headers and those the HTTP client computes (RFC 9110 §7.6.1). */
const forbiddenHeaders = new Set([
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'cookie',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
])

export const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'not a header name')
  .max(100)
  .refine((name) => !forbiddenHeaders.has(name.toLowerCase()), 'a header the server sets itself')

export const httpHeaders = z.record(z.string(), headerValue).superRefine((headers, context) => {
  for (const name of Object.keys(headers))
    for (const issue of headerName.safeParse(name).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: [name], message: issue.message })
})

/** The name of a request parameter. */
export const parameterName = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'printable ASCII without blanks')
  .max(100)

/** Fixed request parameters by name; values are templates. */
export const parameters = z.record(z.string().min(1).max(100), z.string().max(1000))

/** A URL, or a path that stands below the base URL. */
export const callUrl = z.string().max(1000).refine(isCallUrl, 'a path below the base URL, or an http(s) URL')

function isCallUrl(text: string): boolean {
  return text.startsWith('/') ? isHttpUrlTemplate(`https://app.example${text}`) : isHttpUrlTemplate(text)
}

/** Tries the URL with a harmless value in each place; braces that are no template, blanks and `\\` are refused. */
function isHttpUrlTemplate(text: string): boolean {
  const values = Object.fromEntries(templateNames(text).map((name) => [name, 'x']))
  if (/[\s\\\p{Cc}]/u.test(text) || /[{}]/.test(text.replace(/\{[a-z][a-z0-9_]*\}/g, ''))) return false
  try {
    const url = renderUrl(text, values)
    return url.hash === '' && url.hostname !== ''
  } catch {
    return false
  }
}
