import { auditHash, type NewAuditEntry, noHash } from './audit-chain.ts'
import type { AuditChainRow, AuditEntryRow, DatabaseKind, Db } from './database.ts'
import { locks } from './locks.ts'

/** The chained audit log. The database refuses to change an entry, or to delete one before its time. */
export const auditQueries = (db: Db, kind: DatabaseKind) => ({
  /**
   * In a transaction: adds entries to the ends of their chains, in the order given. Chains are locked in one order, so that
   * processes that write several at once wait for each other and never in a ring.
   */
  async append(entries: readonly NewAuditEntry[]): Promise<void> {
    const byChain = Map.groupBy(entries, (entry) => entry.chain)
    const chains = [...byChain.keys()].sort()
    if (chains.length === 0) return
    await db
      .insertInto('audit_chains')
      .values(chains.map((chain) => ({ chain, sequence: 0, hash: noHash, kept_from: 1, kept_hash: noHash })))
      .onConflict((conflict) => conflict.column('chain').doNothing())
      .execute()
    const heads = await db
      .selectFrom('audit_chains')
      .select(['chain', 'sequence', 'hash'])
      .where('chain', 'in', chains)
      .orderBy('chain')
      .$if(locks(db, kind), (query) => query.forUpdate())
      .execute()
    const rows: AuditEntryRow[] = []
    for (const head of heads) {
      let sequence = Number(head.sequence)
      let { hash } = head
      for (const entry of byChain.get(head.chain) ?? []) {
        const next = { ...entry, sequence: ++sequence }
        hash = auditHash(next, hash)
        rows.push({ ...next, hash })
      }
      await db.updateTable('audit_chains').set({ sequence, hash }).where('chain', '=', head.chain).execute()
    }
    await db.insertInto('audit_entries').values(rows).execute()
  },

  chains(): Promise<AuditChainRow[]> {
    return db.selectFrom('audit_chains').selectAll().orderBy('chain').execute()
  },

  findChain(chain: string): Promise<AuditChainRow | undefined> {
    return db.selectFrom('audit_chains').selectAll().where('chain', '=', chain).executeTakeFirst()
  },

  /** Oldest first. @param after The sequence to begin above. */
  entries(chain: string, after: number, limit: number): Promise<AuditEntryRow[]> {
    return db
      .selectFrom('audit_entries')
      .selectAll()
      .where('chain', '=', chain)
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(limit)
      .execute()
  },

  /** Newest first. @param chain Undefined: of all. @param before The id to begin below. */
  newest(chain: string | undefined, before: string | undefined, limit: number): Promise<AuditEntryRow[]> {
    return db
      .selectFrom('audit_entries')
      .selectAll()
      .$if(chain !== undefined, (query) => query.where('chain', '=', chain ?? ''))
      .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  },

  /**
   * In a transaction: forgets the entries of a chain that are older, and notes the hash of the last of them, so that what
   * stays is still verifiable. @returns How many went.
   */
  async trim(chain: string, olderThan: number): Promise<number> {
    const last = await db
      .selectFrom('audit_entries')
      .select(['sequence', 'hash'])
      .where('chain', '=', chain)
      .where('at', '<', olderThan)
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (!last) return 0
    const keptFrom = Number(last.sequence) + 1
    await db
      .updateTable('audit_chains')
      .set({ kept_from: keptFrom, kept_hash: last.hash })
      .where('chain', '=', chain)
      .where('kept_from', '<', keptFrom)
      .execute()
    const { numDeletedRows } = await db
      .deleteFrom('audit_entries')
      .where('chain', '=', chain)
      .where('sequence', '<', keptFrom)
      .executeTakeFirst()
    return Number(numDeletedRows)
  },
})
