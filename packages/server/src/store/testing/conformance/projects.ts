import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newToken, sha256 } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { aKey, aProject, at } from '../rows.ts'

export function describeProjects(store: () => Store): void {
  describe('projects and keys', () => {
    test('a project is found, listed oldest first, changed and deleted', async () => {
      const older = aProject({ created_at: 2, allowed_redirect_urls: '["https://a.example/"]' })
      const newer = aProject({ created_at: 3 })
      await store().projects.insert(newer)
      await store().projects.insert(older)
      assert.deepEqual({ ...(await store().projects.find(older.id)) }, older)
      const ids = (await store().projects.list()).map(({ id }) => id)
      assert.ok(ids.indexOf(older.id) < ids.indexOf(newer.id))

      assert.equal((await store().projects.update(older.id, { name: 'Renamed' }))?.name, 'Renamed')
      assert.equal((await store().projects.find(newer.id))?.name, newer.name)
      assert.equal(await store().projects.delete(older.id), true)
      assert.equal(await store().projects.delete(older.id), false)
      assert.equal(await store().projects.find(older.id), undefined)
      assert.equal(await store().projects.update(older.id, { name: 'Nobody' }), undefined)
    })

    test('a key is found by its hash until it ends', async () => {
      const project = aProject()
      await store().projects.insert(project)
      const lasting = aKey(project.id, { created_at: 1 })
      const ending = aKey(project.id, { created_at: 2, expires_at: at })
      await store().projects.insertKey(ending)
      await store().projects.insertKey(lasting)

      assert.equal((await store().projects.findKeyByHash(lasting.hash, at))?.id, lasting.id)
      assert.equal((await store().projects.findKeyByHash(ending.hash, at - 1))?.id, ending.id)
      assert.equal(await store().projects.findKeyByHash(ending.hash, at), undefined)
      assert.equal(await store().projects.findKeyByHash(sha256(newToken()), at), undefined)
      assert.deepEqual(
        (await store().projects.listKeys(project.id)).map(({ id, hash }) => [id, [...hash]]),
        [lasting, ending].map(({ id, hash }) => [id, [...hash]]),
      )
    })

    test("a project can't delete another's key, and its own is dead at once", async () => {
      const [mine, other] = [aProject(), aProject()]
      await store().projects.insert(mine)
      await store().projects.insert(other)
      const key = aKey(mine.id)
      await store().projects.insertKey(key)
      assert.equal(await store().projects.deleteKey(other.id, key.id), false)
      assert.deepEqual(await store().projects.listKeys(other.id), [])
      assert.equal(await store().projects.deleteKey(mine.id, key.id), true)
      assert.equal(await store().projects.findKeyByHash(key.hash, at), undefined)
    })

    test("there is one operator's key, and no project's goes with an earlier one", async () => {
      const project = aProject()
      await store().projects.insert(project)
      const [earlier, later, own] = [aKey(null), aKey(null), aKey(project.id)]
      await store().projects.insertKey(own)
      await store().projects.setOperatorKey(earlier)
      await store().projects.setOperatorKey(later)
      assert.equal(await store().projects.findKeyByHash(earlier.hash, at), undefined)
      assert.ok(await store().projects.findKeyByHash(later.hash, at))
      assert.ok(await store().projects.findKeyByHash(own.hash, at))
    })

    // Two servers that started together with one HOLDFAST_ADMIN_KEY: the second ended with a broken unique constraint.
    test("processes that start together may all set the operator's key", async () => {
      const key = aKey(null)
      const starting = Array.from({ length: 10 }, () =>
        store().transaction((queries) => queries.projects.setOperatorKey(aKey(null, { hash: key.hash }))),
      )
      await Promise.all(starting)
      assert.ok(await store().projects.findKeyByHash(key.hash, at))
    })

    test('the same key twice is refused', async () => {
      const project = aProject()
      await store().projects.insert(project)
      const key = aKey(project.id)
      await store().projects.insertKey(key)
      await assert.rejects(store().projects.insertKey(aKey(project.id, { hash: key.hash })))
    })
  })
}
