import type { MiddlewareHandler } from 'hono'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { isSafe } from './access.ts'
import type { ApiEnv } from './context.ts'
import { addressOf } from './visit.ts'

export interface RateLimitOptions {
  /** Requests a second for each key; 0: no limit. */
  reads: number
  writes: number
  /** Requests a second for each network address: pages of a person, and keys that are not good. 0: no limit. */
  address: number
  clock: Clock
}

/** What is counted: `reads` and `writes` of a key; `pages` and `refusals` of an address. */
export type RateKind = 'reads' | 'writes' | 'pages' | 'refusals'

export interface RateVerdict {
  isAllowed: boolean
  /** Requests that may follow at once. */
  remaining: number
  /** Until all of the quota is there again, rounded up. */
  resetSeconds: number
  retryAfterSeconds: number
}

export interface RateLimits {
  /** Counts one request. @param subject A key's id or an address. */
  take(kind: RateKind, subject: string): RateVerdict | undefined
  /** A request that was counted and allowed is counted elsewhere instead. */
  giveBack(kind: RateKind, subject: string): void
  /** `RateLimit-Policy` of a kind (draft-ietf-httpapi-ratelimit-headers §3). */
  policy(kind: RateKind): string
}

/** Beyond this the bucket that was not used for longest is forgotten, and is full when it comes back. */
const mostBuckets = 50_000

interface Bucket {
  tokens: number
  at: number
}

/**
 * Token buckets in this process's memory: a request costs no query and no message. Each process counts for itself, so behind
 * a balancer a key gets the limit of each.
 */
export function createRateLimits({ reads, writes, address, clock }: RateLimitOptions): RateLimits {
  const quotas: Record<RateKind, { perSecond: number; burst: number }> = {
    reads: { perSecond: reads, burst: reads },
    writes: { perSecond: writes, burst: writes },
    pages: { perSecond: address, burst: address * 10 },
    // A tenth of it, but never so few that a start-up of many processes with an old key looks like an attack.
    refusals: { perSecond: address / 10, burst: address * 3 },
  }
  const buckets = new Map<string, Bucket>()

  const filled = (kind: RateKind, subject: string): Bucket => {
    const { perSecond, burst } = quotas[kind]
    const now = clock.now().getTime()
    const name = `${kind} ${subject}`
    let bucket = buckets.get(name)
    if (!bucket) {
      bucket = { tokens: burst, at: now }
      if (buckets.size >= mostBuckets) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break
      buckets.set(name, bucket)
    } else if (now !== bucket.at) {
      // A clock that was put back fills nothing and takes nothing away.
      bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond)
      bucket.at = now
    }
    return bucket
  }

  return {
    take(kind, subject) {
      const { perSecond, burst } = quotas[kind]
      if (perSecond === 0) return undefined
      const bucket = filled(kind, subject)
      const isAllowed = bucket.tokens >= 1
      if (isAllowed) bucket.tokens -= 1
      return {
        isAllowed,
        remaining: Math.floor(bucket.tokens),
        resetSeconds: Math.ceil((burst - bucket.tokens) / perSecond),
        retryAfterSeconds: isAllowed ? 0 : Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond)),
      }
    },
    giveBack(kind, subject) {
      if (quotas[kind].perSecond === 0) return
      const bucket = filled(kind, subject)
      bucket.tokens = Math.min(quotas[kind].burst, bucket.tokens + 1)
    },
    policy(kind) {
      const { perSecond, burst } = quotas[kind]
      return `"${kind}";q=${burst};w=${Math.max(1, Math.round(burst / perSecond))}`
    },
  }
}

/** The `RateLimit` header (the same draft, §4). */
export const rateLimitOf = (kind: RateKind, { remaining, resetSeconds }: RateVerdict): string =>
  `"${kind}";r=${remaining};t=${resetSeconds}`

/** Counts what a key asks for, and says in every answer how much is left. People who are signed in are not counted here. */
export function limitKeys(limits: RateLimits): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const keyId = c.get('keyId')
    if (keyId === undefined) return next()
    const kind = isSafe(c.req.method) ? 'reads' : 'writes'
    const verdict = limits.take(kind, keyId)
    if (!verdict) return next()
    c.header('ratelimit-policy', limits.policy(kind))
    c.header('ratelimit', rateLimitOf(kind, verdict))
    if (!verdict.isAllowed) throw tooOften(verdict)
    await next()
  }
}

/** Counts refused callers by address, so that nobody tries keys for long. A good key from the same address is not held up. */
export function limitRefusals(
  limits: RateLimits,
  { trustedProxies }: { trustedProxies: number },
): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    await next()
    if (c.res.status !== 401) return
    const peer = c.env?.incoming?.socket?.remoteAddress
    const address = addressOf(peer, c.req.header('x-forwarded-for'), trustedProxies)
    if (address === undefined) return
    const verdict = limits.take('refusals', address)
    if (verdict && !verdict.isAllowed) throw tooMany('Too many requests from this address had no good key.', verdict)
  }
}

/** Counts the pages that one address asks for. */
export function limitPages(
  limits: RateLimits,
  { trustedProxies }: { trustedProxies: number },
): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const peer = c.env?.incoming?.socket?.remoteAddress
    // What comes from this machine itself is a proxy that nobody named, and behind it is everybody.
    if (trustedProxies === 0 && peer !== undefined && /^(?:::1|(?:::ffff:)?127\..*)$/i.test(peer)) return next()
    const address = addressOf(peer, c.req.header('x-forwarded-for'), trustedProxies)
    const verdict = address === undefined ? undefined : limits.take('pages', address)
    if (!verdict || verdict.isAllowed) return next()
    c.header('retry-after', String(verdict.retryAfterSeconds))
    c.header('ratelimit-policy', limits.policy('pages'))
    c.header('ratelimit', rateLimitOf('pages', verdict))
    return c.text('Too many requests came from your network. Wait a moment and load this page again.', 429)
  }
}

/** What a key hears that asks too often. */
export const tooOften = (verdict: RateVerdict | undefined): AppError =>
  new AppError('rate_limited', 'This key asks too often.', { retryAfterSeconds: verdict?.retryAfterSeconds ?? 1 })

const tooMany = (message: string, { retryAfterSeconds }: RateVerdict) =>
  new AppError('rate_limited', message, { retryAfterSeconds })
