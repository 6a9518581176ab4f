import { newToken, sha256 } from '../ids.ts'
import type { ConnectionRequestRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { withHandle } from './redirects.ts'
import { openAnswer, type ParkedAnswer, sealAnswer } from './requests.ts'

/** How long the developer's backend has to confirm. Few authorization codes live longer (RFC 6749 §4.1.2). */
export const confirmationTimeMs = 5 * 60_000

/**
 * Keeps what the app answered, sealed, until the developer's backend has said which of its users came back.
 *
 * @returns Where the browser takes the handle; undefined when the request ended meanwhile.
 */
export async function park(
  context: Context,
  request: ConnectionRequestRow,
  params: ParkedAnswer['params'],
): Promise<string | undefined> {
  const { columns, returnUrl } = await parked(context, request, params)
  return (await context.store.requests.park(request.id, columns)) ? returnUrl : undefined
}

/** The columns of a parked request, and where the browser takes its handle. */
export async function parked(context: Context, request: ConnectionRequestRow, params: ParkedAnswer['params']) {
  if (request.redirect_uri === null) throw new Error('a request that is to be confirmed has no way back')
  const handle = newToken()
  return {
    columns: {
      handle_hash: sha256(handle),
      answer: await sealAnswer(context, request, { handle, params }),
      expires_at: context.clock.now().getTime() + confirmationTimeMs,
    },
    returnUrl: withHandle(request.redirect_uri, handle),
  }
}

/** For a browser that reloads: where it was sent the first time. Undefined unless the request is parked. */
export async function parkedReturnUrl(context: Context, request: ConnectionRequestRow): Promise<string | undefined> {
  if (request.status !== 'parked' || request.answer === null || request.redirect_uri === null) return undefined
  const { handle } = await openAnswer(context, { ...request, answer: request.answer })
  return withHandle(request.redirect_uri, handle)
}
