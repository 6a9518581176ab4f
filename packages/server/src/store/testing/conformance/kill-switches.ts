import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { KillSwitchRow, Store } from '../../index.ts'
import { aProject, at } from '../rows.ts'
import { parallel } from './helpers.ts'

const aKillSwitch = (projectId: string, row: Partial<KillSwitchRow> = {}): KillSwitchRow => ({
  id: newId(),
  project_id: projectId,
  action: 'disable',
  integration_id: null,
  app_key: null,
  status: 'running',
  position: null,
  matched: 0,
  changed: 0,
  failed: 0,
  failures: '[]',
  claim: 0,
  due_at: at,
  created_at: at,
  updated_at: at,
  finished_at: null,
  ...row,
})

export function describeKillSwitches(store: () => Store): void {
  describe('kill switches', () => {
    test('of many who ask at once one gets it; after its claim the next does, and the first writes nothing', async () => {
      const project = aProject()
      await store().projects.insert(project)
      const row = aKillSwitch(project.id)
      const { killSwitches } = store()
      await killSwitches.insert(row)
      assert.equal(await killSwitches.claim(at - 1, at + 1000), undefined)
      const claims = await parallel(20, () => killSwitches.claim(at, at + 1000))
      const [first, ...others] = claims.filter((claim) => claim !== undefined)
      assert.deepEqual([first?.id, others.length], [row.id, 0])
      const second = await killSwitches.claim(at + 1000, at + 2000)
      assert.ok(first && second)
      const done = {
        status: 'finished',
        position: 'x',
        matched: 3,
        changed: 2,
        failed: 1,
        failures: '[]',
        due_at: null,
        updated_at: at,
        finished_at: at,
      } as const
      assert.equal(await killSwitches.progress(row.id, first.claim, done), false)
      assert.equal((await killSwitches.find(project.id, row.id))?.status, 'running')
      assert.equal(await killSwitches.progress(row.id, second.claim, done), true)
      assert.equal(await killSwitches.claim(at + 9000, at + 9999), undefined)
      assert.equal(Number((await killSwitches.find(project.id, row.id))?.changed), 2)
    })

    test("are no other project's business", async () => {
      const [mine, other] = [aProject(), aProject()]
      for (const project of [mine, other]) await store().projects.insert(project)
      const row = aKillSwitch(mine.id, { status: 'finished', due_at: null, finished_at: at })
      await store().killSwitches.insert(row)
      assert.equal(await store().killSwitches.find(other.id, row.id), undefined)
      assert.deepEqual(await store().killSwitches.list(other.id, 10), [])
      assert.deepEqual(
        (await store().killSwitches.list(mine.id, 10)).map(({ id }) => id),
        [row.id],
      )
    })
  })
}
