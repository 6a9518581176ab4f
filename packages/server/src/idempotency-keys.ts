import type { Clock } from './clock.ts'
import { newId, sha256 } from './ids.ts'
import type { IdempotencyKeyRow, Store } from './store/index.ts'
import type { SealContext, Vault } from './vault/types.ts'

/** How long an answer is repeated. */
const lifetimeMs = 24 * 60 * 60_000

/** What became of a request that carries an idempotency key. */
export type Claim =
  | { kind: 'first'; id: string }
  | { kind: 'repeated'; status: number; body: string }
  /** The key was used for something else. */
  | { kind: 'other' }
  /** The first request with this key has no answer yet, or was cut off before it had one. */
  | { kind: 'unanswered' }

/**
 * Lets a write that carries a key be sent again: it is carried out once, and the answer is repeated, sealed until then
 * since it may hold secrets. A request that a crash cut off is not carried out again: nobody knows how far it came.
 */
export function createIdempotencyKeys({ store, vault, clock }: { store: Store; vault: Vault; clock: Clock }) {
  const seal = (row: Pick<IdempotencyKeyRow, 'project_id' | 'id'>): SealContext => ({
    projectId: row.project_id,
    table: 'idempotency_keys',
    rowId: row.id,
    field: 'answer',
    version: 0,
  })

  return {
    /**
     * @param key Whatever makes the key unique within the project: caller, route and the key itself.
     * @param request All that must be the same when it is sent again.
     */
    async claim(projectId: string, key: string, request: string): Promise<Claim> {
      // With the key, which is stored nowhere: what a person typed could be guessed from a hash of the request alone.
      const [keyHash, requestHash] = [sha256(key), sha256(`${key}\n${request}`)]
      const now = clock.now().getTime()
      const row = { id: newId(), project_id: projectId, key_hash: keyHash, request_hash: requestHash }
      if (await store.idempotencyKeys.claim({ ...row, expires_at: now + lifetimeMs }, now))
        return { kind: 'first', id: row.id }
      const taken = await store.idempotencyKeys.find(projectId, keyHash)
      if (taken && !Buffer.from(taken.request_hash).equals(requestHash)) return { kind: 'other' }
      if (taken?.status == null || taken.answer === null) return { kind: 'unanswered' }
      return { kind: 'repeated', status: taken.status, body: await vault.open(taken.answer, seal(taken)) }
    },

    async answer(projectId: string, id: string, answer: { status: number; body: string }): Promise<void> {
      const sealed = await vault.seal(answer.body, seal({ project_id: projectId, id }))
      await store.idempotencyKeys.answer(projectId, id, { status: answer.status, answer: sealed })
    },

    /** Nothing was done: the key may be used again. */
    release: (projectId: string, id: string): Promise<void> => store.idempotencyKeys.release(projectId, id),

    forgetOld: (): Promise<void> => store.idempotencyKeys.deleteExpired(clock.now().getTime()),
  }
}
