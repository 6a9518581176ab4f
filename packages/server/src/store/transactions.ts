import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, Transaction } from 'kysely'
import type { Database } from './database.ts'

/** SQLSTATE serialization_failure and deadlock_detected: PostgreSQL undid a transaction so that another could go on. */
const undone: readonly unknown[] = ['40001', '40P01']
const maxRuns = 5

export interface Transactions {
  /** The database for queries of their own; it refuses those from inside a transaction. */
  outside: Kysely<Database>
  /** Runs `work` again when the database undid it for the sake of another transaction. */
  transaction<Result>(work: (inside: Transaction<Database>) => Promise<Result>): Promise<Result>
}

export function transactionsOn(db: Kysely<Database>): Transactions {
  const current = new AsyncLocalStorage<{ over: boolean }>()

  // A query past the open transaction would wait for its end, which waits for the query: an error is better than silence.
  const refuseInside = () => {
    if (current.getStore()?.over === false) throw new Error('inside a transaction use only the queries handed in')
  }

  return {
    outside: db.withPlugin({
      transformQuery({ node }) {
        refuseInside()
        return node
      },
      transformResult: async ({ result }) => result,
    }),
    async transaction(work) {
      refuseInside()
      for (let count = 1; ; count++) {
        const run = { over: false }
        try {
          return await db.transaction().execute((inside) => current.run(run, () => work(inside)))
        } catch (error) {
          if (count === maxRuns || !undone.includes((error as { code?: unknown }).code)) throw error
        } finally {
          run.over = true
        }
      }
    },
  }
}
