/** A JSON object or array, or the fields of a form. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a body by what it holds, not by what `Content-Type` says: providers send JSON as text/plain or text/html, and
 * form fields as JSON.
 *
 * @returns Undefined for anything else: HTML, plain text, nothing.
 */
export function parseBody(body: string): Fields | undefined {
  const text = body.replace(/^\uFEFF+/, '').trim()
  return parseJson(text) ?? parseForm(text)
}

/** @returns The value at a dot path (`authed_user.access_token`, `0.id`), looking only at own members. */
export function valueAt(fields: unknown, path: string): unknown {
  if (!isFields(fields)) return undefined
  if (Object.hasOwn(fields, path)) return fields[path]
  let value: unknown = fields
  for (const part of path.split('.')) {
    if (!isFields(value) || !Object.hasOwn(value, part)) return undefined
    value = value[part]
  }
  return value
}

/** The text of a scalar; undefined for nothing, empty text, lists and objects. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

export const looksLikeHtml = (body: string) => /^\uFEFF*\s*<(?:!doctype|html|head|body|\?xml|!--)/i.test(body)

function parseJson(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text, keepLongIntegers)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Numeric ids beyond 2^53 would lose digits, and two people would become one; they stay as text. */
function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  return typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source) ? source : value
}

function parseForm(text: string): Fields | undefined {
  if (!/^[^\s=&<>{}"]+=[^\s<>{}"]*$/.test(text)) return undefined
  return Object.fromEntries(new URLSearchParams(text))
}
