import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import { auditHash, type NewAuditEntry, noHash } from '../../audit-chain.ts'
import type { Store } from '../../index.ts'
import { at } from '../rows.ts'

const anEntry = (chain: string, entry: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  chain,
  id: newId(),
  at,
  actor_kind: 'key',
  actor_id: 'key-1',
  actor: 'API key key-1',
  action: 'DELETE /api/v1/connectedAccounts/:id',
  target: '/api/v1/connectedAccounts/1',
  address: '203.0.113.7',
  status: 200,
  detail: null,
  request_id: 'r',
  ...entry,
})

export function describeAudit(store: () => Store): void {
  const append = (...entries: NewAuditEntry[]) => store().transaction(({ audit }) => audit.append(entries))

  describe('the audit log', () => {
    test('gives each entry of a chain its number and the hash over all before it', async () => {
      const [one, other] = [randomUUID(), randomUUID()]
      await append(anEntry(one), anEntry(other), anEntry(one))
      await append(anEntry(one))
      const entries = await store().audit.entries(one, 0, 10)
      assert.deepEqual(
        entries.map(({ sequence }) => Number(sequence)),
        [1, 2, 3],
      )
      let hash = noHash
      for (const { hash: stored, ...entry } of entries) {
        const plain = { ...entry, sequence: Number(entry.sequence), at: Number(entry.at), status: Number(entry.status) }
        hash = auditHash(plain, hash)
        assert.deepEqual([...stored], [...hash])
      }
      assert.equal(Number((await store().audit.findChain(one))?.sequence), 3)
      assert.equal(Number((await store().audit.findChain(other))?.sequence), 1)
    })

    test('loses and doubles nothing when many write one chain at once', async () => {
      const chain = randomUUID()
      await Promise.all(Array.from({ length: 20 }, () => append(anEntry(chain), anEntry(chain))))
      const entries = await store().audit.entries(chain, 0, 100)
      assert.deepEqual(
        entries.map(({ sequence }) => Number(sequence)),
        Array.from({ length: 40 }, (_, index) => index + 1),
      )
    })

    test('forgets what is old, and still knows the hash that the rest begins with', async () => {
      const chain = randomUUID()
      await append(anEntry(chain, { at: 1 }), anEntry(chain, { at: 2 }), anEntry(chain, { at: 3 }))
      const [, second] = await store().audit.entries(chain, 0, 10)
      assert.equal(await store().transaction(({ audit }) => audit.trim(chain, 3)), 2)
      assert.equal(await store().transaction(({ audit }) => audit.trim(chain, 3)), 0)
      const kept = await store().audit.findChain(chain)
      assert.deepEqual([Number(kept?.kept_from), [...(kept?.kept_hash ?? [])]], [3, [...(second?.hash ?? [])]])
      assert.equal((await store().audit.entries(chain, 0, 10)).length, 1)
    })
  })
}
