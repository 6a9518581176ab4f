import { TemplateError } from '@holdfast/catalog'
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
