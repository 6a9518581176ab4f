import type { Context } from 'hono'
import type { Visit } from '../operators/types.ts'
import type { ApiEnv } from './context.ts'
import { sessionTokenOf } from './session-cookie.ts'

/** Where a request comes from, for the verbs that count attempts and begin sessions. */
export const visitOf = (
  c: Context<ApiEnv>,
  { baseUrl, trustedProxies }: { baseUrl: string; trustedProxies: number },
): Visit => ({
  address: addressOf(c, trustedProxies),
  userAgent: c.req.header('user-agent') ?? '',
  earlier: sessionTokenOf(c, baseUrl),
})

/**
 * The network peer's address, or what the outermost of our own proxies saw: each proxy adds its peer at the end, so
 * everything before that is the client's word.
 */
function addressOf(c: Context<ApiEnv>, trustedProxies: number): string | undefined {
  const peer = c.env?.incoming?.socket?.remoteAddress
  if (trustedProxies === 0) return peer
  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim())
  const seen = forwarded.at(-trustedProxies) ?? ''
  return /^[\da-f.:]{2,45}$/i.test(seen) ? seen : peer
}
