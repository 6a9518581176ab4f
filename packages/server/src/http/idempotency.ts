import type { Context, MiddlewareHandler } from 'hono'
import { AppError, invalid } from '../errors.ts'
import { isSafe } from './access.ts'
import { keyOf } from './caller.ts'
import type { ApiEnv } from './context.ts'

/** Carries a write out once, however often it is sent with one key. */
export interface IdempotencyKeys {
  claim(
    projectId: string,
    key: string,
    request: string,
  ): Promise<
    | { kind: 'first'; id: string }
    | { kind: 'repeated'; status: number; body: string }
    | { kind: 'other' }
    | { kind: 'unanswered' }
  >
  answer(projectId: string, id: string, answer: { status: number; body: string }): Promise<void>
  release(projectId: string, id: string): Promise<void>
}

/** Each showing of a credential is written down, so none is repeated from memory. */
const neverRepeated = /\/credentials\/reveals$/

/**
 * `Idempotency-Key` on any write inside a project: the same request with the same key of the same caller gets the answer
 * of the first, for a day. A refusal is not kept, so that what was wrong can be put right under the same key.
 *
 * @throws {AppError} validation_failed, idempotency_key_reused, conflict while the first is being answered.
 */
export function idempotency(keys: IdempotencyKeys): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const given = c.req.header('idempotency-key')
    const project = c.get('project')
    if (given === undefined || !project || isSafe(c.req.method) || neverRepeated.test(c.req.path)) return next()
    if (!/^[\x21-\x7e]{1,255}$/.test(given))
      throw invalid({ property: 'Idempotency-Key', message: 'must be 1 to 255 ASCII characters without blanks' })
    const { method, path } = c.req
    const key = JSON.stringify([callerOf(c), method, path, given])
    const claim = await keys.claim(project.id, key, `${new URL(c.req.raw.url).search}\n${await c.req.text()}`)
    switch (claim.kind) {
      case 'other':
        throw new AppError('idempotency_key_reused', 'This Idempotency-Key was used with another body.')
      case 'unanswered':
        throw new AppError('conflict', 'The first request with this Idempotency-Key has no answer yet.', {
          retryAfterSeconds: 1,
        })
      case 'repeated':
        c.header('idempotent-replayed', 'true')
        c.header('content-type', 'application/json')
        return c.body(claim.body, claim.status as 200)
      case 'first':
        await next()
        if (c.res.ok)
          await keys.answer(project.id, claim.id, { status: c.res.status, body: await c.res.clone().text() })
        else await keys.release(project.id, claim.id)
    }
  }
}

/** One caller's keys are nothing to another: what one key may see, another may not. */
function callerOf(c: Context<ApiEnv>): string {
  const signedIn = c.get('signedIn')
  return signedIn ? `operator ${signedIn.operator.id}` : `key ${keyOf(c.req.raw.headers)}`
}
