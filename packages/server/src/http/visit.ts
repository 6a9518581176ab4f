import type { Context } from 'hono'
import type { Visit } from '../operators/types.ts'
import type { ApiEnv } from './context.ts'
import { sessionTokenOf } from './session-cookie.ts'

/** Where a request comes from, for the verbs that count attempts and begin sessions. */
export const visitOf = (
  c: Context<ApiEnv>,
  { baseUrl, trustedProxies }: { baseUrl: string; trustedProxies: number },
): Visit => ({
  address: addressOf(c.env?.incoming?.socket?.remoteAddress, c.req.header('x-forwarded-for'), trustedProxies),
  userAgent: c.req.header('user-agent') ?? '',
  earlier: sessionTokenOf(c, baseUrl),
})

/**
 * The network peer's address, or what the outermost of our own proxies saw: each proxy adds its peer at the end, so
 * everything before that is the client's word.
 */
export function addressOf(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: number,
): string | undefined {
  if (trustedProxies === 0) return peer
  const forwarded = (forwardedFor ?? '').split(',').map((part) => part.trim())
  const seen = forwarded.at(-trustedProxies) ?? ''
  return /^[\da-f.:]{2,45}$/i.test(seen) ? seen : peer
}
