import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store } from '../../index.ts'
import { anApp, anIntegration, aProject, at, household } from '../rows.ts'
import { parallel } from './helpers.ts'

export function describeIntegrations(store: () => Store): void {
  describe('apps and integrations', () => {
    test('an app is stored once a project, listed by key, changed and deleted', async () => {
      const project = aProject()
      await store().projects.insert(project)
      const [first, second] = [anApp(project.id, { key: 'one' }), anApp(project.id, { key: 'two' })]
      assert.equal(await store().integrations.insertApp(second), true)
      assert.equal(await store().integrations.insertApp(first), true)
      assert.equal(await store().integrations.insertApp({ ...first, definition: '{"other":1}' }), false)
      assert.deepEqual(
        (await store().integrations.listApps(project.id)).map(({ key, definition }) => [key, definition]),
        [
          ['one', '{}'],
          ['two', '{}'],
        ],
      )
      await store().integrations.updateApp(project.id, 'one', { definition: '{"v":2}', updated_at: at + 1 })
      assert.deepEqual(
        { ...(await store().integrations.findApp(project.id, 'one')) },
        { ...first, definition: '{"v":2}', updated_at: at + 1 },
      )
      await store().integrations.deleteApp(project.id, 'one')
      assert.equal(await store().integrations.findApp(project.id, 'one'), undefined)
      assert.ok(await store().integrations.findApp(project.id, 'two'))
    })

    test('of 20 who add the same app one does', async () => {
      const project = aProject()
      await store().projects.insert(project)
      const added = await parallel(20, () => store().integrations.insertApp(anApp(project.id, { key: 'same' })))
      assert.equal(added.filter(Boolean).length, 1)
    })

    test("a project does not see, change or delete another's apps", async () => {
      const [mine, other] = [aProject(), aProject()]
      await store().projects.insert(mine)
      await store().projects.insert(other)
      const app = anApp(mine.id)
      await store().integrations.insertApp(app)
      assert.equal(await store().integrations.findApp(other.id, app.key), undefined)
      assert.deepEqual(await store().integrations.listApps(other.id), [])
      await store().integrations.updateApp(other.id, app.key, { definition: '{"stolen":1}', updated_at: at })
      await store().integrations.deleteApp(other.id, app.key)
      assert.deepEqual({ ...(await store().integrations.findApp(mine.id, app.key)) }, app)
      assert.equal(await store().integrations.insertApp({ ...app, project_id: other.id }), true)
    })

    test('integrations are listed newest first and filtered by app, scheme and whether they are enabled', async () => {
      const project = aProject()
      await store().projects.insert(project)
      const rows = {
        old: anIntegration(project.id, { created_at: 1 }),
        key: anIntegration(project.id, { created_at: 2, auth_scheme: 'API_KEY' }),
        other: anIntegration(project.id, { created_at: 3, app_key: 'other' }),
        off: anIntegration(project.id, { created_at: 4, enabled: 0 }),
      }
      for (const row of Object.values(rows)) await store().integrations.insert(row)
      const ids = async (filter: Parameters<Store['integrations']['list']>[1]) =>
        (await store().integrations.list(project.id, filter)).map(({ id }) => id)

      assert.deepEqual(await ids({}), [rows.off.id, rows.other.id, rows.key.id, rows.old.id])
      assert.deepEqual(await ids({ appKey: 'acme', enabledOnly: true }), [rows.key.id, rows.old.id])
      assert.deepEqual(await ids({ authScheme: 'API_KEY' }), [rows.key.id])
      assert.deepEqual(await ids({ appKey: 'acm' }), [])
    })

    test('an integration is changed and its sealed client comes back byte by byte', async () => {
      const project = aProject()
      await store().projects.insert(project)
      const sealed = Uint8Array.from({ length: 256 }, (_, index) => index)
      const row = anIntegration(project.id, { client_id: 'client', client_secret: sealed })
      await store().integrations.insert(row)
      const found = await store().integrations.find(project.id, row.id)
      assert.ok(found?.client_secret instanceof Uint8Array)
      assert.deepEqual([...found.client_secret], [...sealed])
      const changed = await store().integrations.update(project.id, row.id, {
        client_secret: null,
        version: 1,
        enabled: 0,
      })
      assert.partialDeepStrictEqual(
        { ...changed },
        { client_secret: null, version: 1, enabled: 0, client_id: 'client' },
      )
    })

    test("a project does not see, change or delete another's integrations", async () => {
      const { project, integration } = await household(store())
      const other = aProject()
      await store().projects.insert(other)
      assert.equal(await store().integrations.find(other.id, integration.id), undefined)
      assert.equal(await store().integrations.update(other.id, integration.id, { name: 'stolen' }), undefined)
      assert.equal(await store().integrations.delete(other.id, integration.id), false)
      await store().integrations.deleteOfApp(other.id, integration.app_key)
      assert.deepEqual(await store().integrations.list(other.id, {}), [])
      assert.equal((await store().integrations.find(project.id, integration.id))?.name, integration.name)
    })

    test('default integrations made by many at once exist once', async () => {
      const project = aProject()
      await store().projects.insert(project)
      const keys = Array.from({ length: 30 }, (_, index) => `app-${index}`)
      await store().integrations.insertMissingDefaults([])
      await parallel(10, () =>
        store().integrations.insertMissingDefaults(
          keys.map((app_key) => anIntegration(project.id, { app_key, is_default: 1 })),
        ),
      )
      assert.equal((await store().integrations.list(project.id, {})).length, keys.length)
      const further = anIntegration(project.id, { app_key: 'app-0', is_default: 0 })
      await store().integrations.insert(further)
      await assert.rejects(store().integrations.insert(anIntegration(project.id, { app_key: 'app-0', is_default: 1 })))
    })
  })
}
