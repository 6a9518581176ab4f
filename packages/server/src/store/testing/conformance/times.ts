import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store } from '../../index.ts'
import { aRevocation, at, household } from '../rows.ts'

export function describeTimes(store: () => Store): void {
  describe('times', () => {
    test('a database with a clock of its own tells what it says', async () => {
      const time = await store().time()
      if (store().pool() === undefined) assert.equal(time, undefined)
      else assert.ok(Math.abs((time ?? 0) - Date.now()) < 60_000, String(time))
    })

    test('every deadline comes earlier by as much as the clock was put back, and no other time changes', async () => {
      const { project, account } = await household(store())
      const deadlines = {
        expires_at: at + 1,
        refresh_after: at + 2,
        background_after: at + 3,
        refresh_expires_at: at + 4,
        warned_until: at + 5,
        retry_after: at + 6,
      }
      const before = await store().accounts.update(project.id, account.id, deadlines)
      const attempt = { account_id: account.id, project_id: project.id, credentials_version: 0, fence: 0, calls: 1 }
      await store().accounts.beginAttempt({ ...attempt, started_at: at })
      const revocation = aRevocation(account, { due_at: at, give_up_at: at + 7 })
      await store().revocations.insert(revocation)

      await store().pullDeadlines(600_000)
      const pulled = Object.fromEntries(Object.entries(deadlines).map(([name, time]) => [name, time - 600_000]))
      assert.deepEqual({ ...(await store().accounts.find(project.id, account.id)) }, { ...before, ...pulled })
      const started = (await store().accounts.findAttempt(project.id, account.id))?.started_at
      assert.equal(started, at - 600_000)
      const found = await store().revocations.find(project.id, revocation.id)
      assert.deepEqual([found?.due_at, found?.give_up_at, found?.lease_until], [at - 600_000, at + 7 - 600_000, null])
      assert.equal(found?.created_at, revocation.created_at)
    })
  })
}
