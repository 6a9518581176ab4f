import { AppError } from '../errors.ts'
import { revokeToken } from '../oauth/index.ts'
import { TokenError } from '../oauth/types.ts'
import { Secret } from '../secret.ts'
import type { RevocationRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { oauthProviderFor, oauthProviderOf } from './providers.ts'
import { openSecrets, type RevocationSecrets, sealSecrets, statusOf } from './revocation.ts'
import type { RevokedToken } from './types.ts'

/** Longer than the calls for both tokens may take. Should it end all the same, a second call does no harm. */
const leaseMs = 2 * 60_000
const atOnce = 4
const batch = 50
const backoff = { firstMs: 30_000, maxMs: 60 * 60_000 }

/** Gives back what is due, in turns with every other process. @returns How many attempts were made. */
export async function revokeDue(context: Context): Promise<number> {
  const { store, clock } = context
  const waiting = await store.revocations.dueIds(clock.now().getTime(), batch)
  let made = 0
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined && !context.stopping.aborted; id = waiting.shift()) {
      const now = clock.now().getTime()
      const row = await store.revocations.claim(id, context.processId, now, now + leaseMs)
      if (!row) continue
      await attempt(context, row)
      made++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return made
}

async function attempt(context: Context, row: RevocationRow): Promise<void> {
  const { store, clock, log } = context
  const outcome = await giveBack(context, row)
  const before = JSON.parse(row.tokens) as RevokedToken[]
  const now = clock.now().getTime()
  const dueAt = now + Math.max(outcome.retryAfterMs, jittered(context, row.attempts))
  const hasTime = dueAt <= row.give_up_at
  const tokens = before.map((token): RevokedToken => {
    const result = outcome.results.find(({ type }) => type === token.type) ?? token
    return result.status === 'pending' && !hasTime ? { ...result, status: 'failed' } : result
  })
  const status = statusOf(tokens)
  const details = { revocationId: row.id, accountId: row.account_id, app: row.app_key, status, attempts: row.attempts }
  if (status !== 'pending') log.info(details, 'a revocation ended')
  await store.revocations.settle(row, {
    status,
    tokens: JSON.stringify(tokens),
    secrets: status === 'pending' ? await sealedRest(context, row, outcome.secrets, tokens) : null,
    due_at: status === 'pending' ? dueAt : null,
    updated_at: now,
  })
}

/** A token that the app has taken back is forgotten although another one still waits. */
async function sealedRest(
  context: Context,
  row: RevocationRow,
  secrets: RevocationSecrets | null,
  tokens: readonly RevokedToken[],
): Promise<Uint8Array | null> {
  if (secrets === null) return row.secrets
  const pending = new Set(tokens.filter((token) => token.status === 'pending').map((token) => token.type))
  return sealSecrets(context, row, { ...secrets, tokens: secrets.tokens.filter(({ type }) => pending.has(type)) })
}

interface Outcome {
  results: RevokedToken[]
  /** Null when they could not be opened. */
  secrets: RevocationSecrets | null
  retryAfterMs: number
}

async function giveBack(context: Context, row: RevocationRow): Promise<Outcome> {
  const { secrets: sealed } = row
  if (sealed === null) return { results: [], secrets: null, retryAfterMs: 0 }
  let secrets: RevocationSecrets
  try {
    secrets = await openSecrets(context, { ...row, secrets: sealed })
  } catch (error) {
    // A key that is missing from the ring may be put back, so this is tried again like any failure.
    context.log.warn({ revocationId: row.id, err: error }, 'tokens could not be opened to be revoked')
    return { results: [], secrets: null, retryAfterMs: 0 }
  }
  const all = (status: RevokedToken['status'], message: string): Outcome => ({
    results: secrets.tokens.map(({ type }) => ({ type, status, message })),
    secrets,
    retryAfterMs: 0,
  })
  const results: RevokedToken[] = []
  let retryAfterMs = 0
  try {
    const provider = await providerOf(context, row, secrets)
    for (const { type, token } of secrets.tokens) {
      try {
        const status = await revokeToken(provider, new Secret(token), type)
        const message = status === 'unsupported' ? 'The app does not take back tokens of this kind.' : null
        results.push({ type, status, message })
      } catch (error) {
        if (!(error instanceof TokenError)) throw error
        // A refusal stays one however often it is repeated; a client that is refused may be mended by the operator.
        results.push({ type, status: error.kind === 'refused' ? 'failed' : 'pending', message: error.message })
        retryAfterMs = Math.max(retryAfterMs, (error.retryAfterSeconds ?? 0) * 1000)
      }
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'not_found') return all('failed', 'The integration is gone, and with it the OAuth client.')
    return all('pending', error.message)
  }
  return { results, secrets, retryAfterMs }
}

async function providerOf(context: Context, row: RevocationRow, { params, kept }: RevocationSecrets) {
  if (!kept)
    return oauthProviderFor(context, await context.integrations.get(row.project_id, row.integration_id), params)
  const { clientSecret } = kept
  const client = {
    clientId: kept.integration.clientId ?? '',
    clientSecret: clientSecret === null ? null : new Secret(clientSecret),
  }
  return oauthProviderOf(context, kept.integration, client, params)
}

/** Doubles with each attempt; between half and the whole of it. */
function jittered({ random }: Context, attempts: number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempts - 1, 20))
  return Math.round(full / 2 + (full / 2) * random())
}
