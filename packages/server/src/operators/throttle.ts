import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { sha256 } from '../ids.ts'
import type { Store } from '../store/index.ts'
import type { Visit } from './types.ts'

/** Who guesses at an account from one place is stopped soon; from many places, or at many accounts, a little later. */
const limits = {
  accountHere: { attempts: 5, windowMs: 15 * 60_000 },
  account: { attempts: 50, windowMs: 60 * 60_000 },
  address: { attempts: 30, windowMs: 15 * 60_000 },
  challenge: { attempts: 200, windowMs: 15 * 60_000 },
} as const

export interface Throttle {
  /**
   * Counts an attempt before it is looked at, so that many at once are many. An account that does not exist counts like any
   * other. @returns What to call once the attempt was right. @throws {AppError} rate_limited.
   */
  attempt(account: string | undefined, visit: Pick<Visit, 'address'>): Promise<() => Promise<void>>
  /** Counts the begin of a sign-in by passkey, which leaves a row behind. @throws {AppError} rate_limited. */
  challenge(visit: Pick<Visit, 'address'>): Promise<void>
}

export function createThrottle({ store, clock }: { store: Store; clock: Clock }): Throttle {
  const count = async (kind: keyof typeof limits, subject: string) => {
    const key = `${kind}:${Buffer.from(sha256(subject)).toString('base64url')}`
    const now = clock.now().getTime()
    const { attempts, windowMs } = limits[kind]
    const counted = await store.operators.countAttempt(key, now, windowMs)
    if (counted.attempts > attempts)
      throw new AppError('rate_limited', 'There were too many attempts. Wait a while before you try again.', {
        retryAfterSeconds: Math.max(1, (counted.until - now) / 1000),
      })
    return key
  }

  return {
    async attempt(account, { address }) {
      const place = placeOf(address)
      const counted: string[] = []
      if (account !== undefined) counted.push(await count('accountHere', JSON.stringify([account, place])))
      counted.push(await count('address', place))
      if (account !== undefined) counted.push(await count('account', account))
      return async () => {
        // Only the account's own count here begins anew: else one good account would buy guesses at all others.
        for (const key of counted)
          if (key.startsWith('accountHere:')) await store.operators.forgetAttempts(key)
          else await store.operators.forgiveAttempt(key)
      }
    },
    async challenge({ address }) {
      await count('challenge', placeOf(address))
    },
  }
}

/** One household or data centre has a whole /64 of IPv6 addresses. */
function placeOf(address: string | undefined): string {
  if (address === undefined) return ''
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last]
  return groups.slice(0, 4).join(':')
}
