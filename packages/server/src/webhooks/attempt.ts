import { EgressError } from '../egress/index.ts'
import type { Secret } from '../secret.ts'
import type { Context } from './context.ts'
import { readRetryAfter } from './schedule.ts'
import { signedHeaders } from './signing.ts'

export const attemptTimeoutMs = 15_000
/** How much of an answer is read and kept. */
const maxResponseBytes = 16 * 1024

export interface AttemptResult {
  startedAt: Date
  durationMs: number
  statusCode: number | null
  /** Null when it arrived. */
  error: string | null
  response: string | null
  retryAfterMs: number | null
}

/** Sends one message once. @returns Null when `signal` ended it: nobody knows then whether it arrived. */
export async function attempt(
  { egress, clock, loopbackReceivers }: Pick<Context, 'egress' | 'clock' | 'loopbackReceivers'>,
  { url, id, body, secrets }: { url: string; id: string; body: string; secrets: readonly Secret[] },
  signal: AbortSignal,
): Promise<AttemptResult | null> {
  const startedAt = clock.now()
  const begun = performance.now()
  const ended = () => ({ startedAt, durationMs: Math.round(performance.now() - begun) })
  try {
    const response = await egress.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signedHeaders(id, startedAt, body, secrets) },
      body,
      signal,
      timeoutMs: attemptTimeoutMs,
      maxBodyBytes: maxResponseBytes,
      truncateBody: true,
      loopback: loopbackReceivers,
    })
    return {
      ...ended(),
      statusCode: response.status,
      error: refusalOf(response.status),
      response: printable(await response.text()),
      retryAfterMs: readRetryAfter(response.headers.get('retry-after'), clock.now()),
    }
  } catch (error) {
    if (signal.aborted) return null
    return { ...ended(), statusCode: null, error: reasonOf(error), response: null, retryAfterMs: null }
  }
}

function refusalOf(status: number): string | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400) return `The receiver answered ${status}. Redirects are not followed.`
  return `The receiver answered ${status}.`
}

/** What went wrong, for whoever runs the receiver. Addresses that are not public are all refused with the same words. */
function reasonOf(error: unknown): string {
  if (!(error instanceof EgressError)) return 'The message could not be sent.'
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (cause.message.startsWith('no whole answer')) return `No complete answer within ${attemptTimeoutMs / 1000} s.`
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'The host name does not resolve.'
    if (code === 'ECONNREFUSED') return 'Nothing listens at the address.'
    if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') return 'The connection was closed before an answer came.'
    if (/CERT|SSL|TLS|SIGNED/.test(code ?? '')) return `The TLS connection failed: ${code}.`
  }
  return 'The address could not be reached.'
}

/** Control characters as visible escapes: whoever shows the text, in a terminal or a page, shows nothing else. */
const printable = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
