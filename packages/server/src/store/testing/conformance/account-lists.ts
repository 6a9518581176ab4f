import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { newId } from '../../../ids.ts'
import type { AccountSelection, Store } from '../../index.ts'
import { anAccount, anIntegration, at, household } from '../rows.ts'
import { everything } from './helpers.ts'

export function describeAccountLists(store: () => Store): void {
  describe('lists of accounts', () => {
    test('pages follow each other without a gap or a repeat, though many rows are of the same moment', async () => {
      const { project, integration, account } = await household(store())
      const ids = [account.id]
      for (let count = 0; count < 24; count++) {
        const row = anAccount(integration, { created_at: at + (count % 3) })
        ids.push(row.id)
        await store().accounts.insert(row)
      }
      const all = await store().accounts.list(project.id, {}, everything)
      const expected = all.toSorted((one, two) => two.created_at - one.created_at || (two.id < one.id ? -1 : 1))
      assert.deepEqual(
        all.map(({ id }) => id),
        expected.map(({ id }) => id),
      )
      const paged: string[] = []
      for (let offset = 0; offset < 30; offset += 7)
        for (const { id } of await store().accounts.list(project.id, {}, { offset, limit: 7 })) paged.push(id)
      assert.deepEqual(
        paged,
        all.map(({ id }) => id),
      )
      assert.deepEqual(paged.toSorted(), ids.toSorted())
    })

    test('each filter narrows, several together narrow further, and count agrees with list', async () => {
      const { project, integration, account } = await household(store())
      const second = anIntegration(project.id, { app_key: 'other' })
      await store().integrations.insert(second)
      const expired = anAccount(integration, { entity_id: 'mira', status: 'EXPIRED', labels: '["work"]' })
      const disabled = anAccount(second, { entity_id: 'mira', enabled: 0, labels: '["home","work"]' })
      await store().accounts.insert(expired)
      await store().accounts.insert(disabled)

      const cases: [AccountSelection, string[]][] = [
        [{}, [account.id, expired.id, disabled.id]],
        [{ entityIds: ['mira'] }, [expired.id, disabled.id]],
        [{ entityIds: ['Mira'] }, []],
        [{ entityIds: ['mira', 'jessica'] }, [account.id, expired.id, disabled.id]],
        [{ integrationIds: [second.id] }, [disabled.id]],
        [{ accountIds: [account.id, newId()] }, [account.id]],
        [{ appKeys: ['other'] }, [disabled.id]],
        [{ statuses: ['EXPIRED', 'FAILED'] }, [expired.id]],
        [{ enabledOnly: true }, [account.id, expired.id]],
        [{ labels: ['work'] }, [expired.id, disabled.id]],
        [{ labels: ['home', 'absent'] }, [disabled.id]],
        [{ labels: ['work'], enabledOnly: true, entityIds: ['mira'] }, [expired.id]],
        [{ labels: ['work'], statuses: ['ACTIVE'], enabledOnly: true }, []],
      ]
      for (const [selection, ids] of cases) {
        const rows = await store().accounts.list(project.id, selection, everything)
        assert.deepEqual(rows.map(({ id }) => id).toSorted(), ids.toSorted(), JSON.stringify(selection))
        assert.equal(await store().accounts.count(project.id, selection), ids.length)
      }
    })

    test('a label is found as a whole, whatever characters it holds', async () => {
      const { project, integration } = await household(store())
      const tricky = fc.constantFrom(
        'a',
        'ab',
        ',',
        'x,',
        ',y',
        '"',
        '\\',
        '\\"',
        '","',
        '[',
        '\0',
        'ä',
        '😀',
        '%',
        '_',
      )
      const label = fc.oneof(
        tricky,
        fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
        fc.string({ maxLength: 3 }),
      )
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(label, { maxLength: 4 }), label, async (labels, wanted) => {
          const row = anAccount(integration, { labels: JSON.stringify(labels) })
          await store().accounts.insert(row)
          for (const sought of [...labels, wanted]) {
            const found = await store().accounts.list(
              project.id,
              { accountIds: [row.id], labels: [sought] },
              everything,
            )
            assert.equal(found.length === 1, labels.includes(sought), JSON.stringify(sought))
          }
          await store().accounts.delete(project.id, row.id)
        }),
        { numRuns: 200 },
      )
    })
  })
}
