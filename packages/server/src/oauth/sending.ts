import { TemplateError } from '@holdfast/catalog'
import type { FetchInit } from '../egress/types.ts'
import { type RawAnswer, unanswered } from './token-errors.ts'
import { TokenError } from './types.ts'

/**
 * A request that cannot be built is refused before anything is sent.
 * @throws {TokenError} refused
 */
export function sendable<Value>(build: () => Value): Value {
  try {
    return build()
  } catch (cause) {
    if (cause instanceof TemplateError)
      throw new TokenError('refused', `the request cannot be built: ${cause.message}`, { cause })
    throw cause
  }
}

/** @throws {TokenError} transient, when there is no answer. */
export async function answerOf(request: () => Promise<Response>): Promise<RawAnswer> {
  try {
    const response = await request()
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (cause) {
    throw unanswered(cause)
  }
}

/** Fields go into the query of a GET, else into the body. */
export function asRequest(
  url: URL,
  method: 'POST' | 'GET',
  format: 'form' | 'json',
  headers: Readonly<Record<string, string>>,
  fields: URLSearchParams,
): [URL, FetchInit] {
  const accepting: Record<string, string> = { accept: 'application/json', ...headers }
  if (method === 'GET') {
    const target = new URL(url)
    for (const [name, value] of fields) target.searchParams.set(name, value)
    const { 'content-type': _, ...withoutType } = accepting
    return [target, { method, headers: withoutType }]
  }
  const asJson = format === 'json'
  return [
    url,
    {
      method,
      headers: { ...accepting, 'content-type': asJson ? 'application/json' : 'application/x-www-form-urlencoded' },
      body: asJson ? JSON.stringify(Object.fromEntries(fields)) : fields.toString(),
    },
  ]
}
