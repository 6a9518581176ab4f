import type { Clock } from '../clock.ts'
import { newId } from '../ids.ts'
import type { Store } from '../store/index.ts'
import { chainOf } from './rows.ts'
import type { AuditNote } from './types.ts'

/** Enough to share a commit, and a statement that both databases take. */
const mostAtOnce = 200

interface Waiting {
  note: AuditNote
  id: string
  at: number
  written: PromiseWithResolvers<void>
}

/**
 * Group commit: what arrives while a batch is being written goes into the next one, so that a commit is paid once for many
 * entries and the end of a chain is held for one short transaction at a time.
 */
export function createWriter({ store, clock }: { store: Store; clock: Clock }) {
  const waiting: Waiting[] = []
  let running: Promise<void> | undefined

  const drain = async () => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, mostAtOnce)
      try {
        await store.transaction(({ audit }) => audit.append(batch.map(rowOf)))
        for (const { written } of batch) written.resolve()
      } catch (error) {
        for (const { written } of batch) written.reject(error)
      }
    }
    running = undefined
  }

  return {
    write(note: AuditNote, at = clock.now().getTime()): Promise<void> {
      const written = Promise.withResolvers<void>()
      waiting.push({ note, id: newId(), at, written })
      running ??= drain()
      return written.promise
    },
    async idle(): Promise<void> {
      await running
    },
  }
}

const rowOf = ({ note, id, at }: Waiting) => ({
  chain: chainOf(note.projectId),
  id,
  at,
  actor_kind: note.actor.kind,
  actor_id: note.actor.id,
  actor: note.actor.name,
  action: note.action,
  target: note.target,
  address: note.address,
  status: note.status,
  detail: note.detail,
  request_id: note.requestId,
})
