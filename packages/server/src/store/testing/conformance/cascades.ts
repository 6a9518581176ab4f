import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccountRow, Store } from '../../index.ts'
import { aKey, aLink, anApp, anEvent, aRequest, at, household } from '../rows.ts'
import { bytes } from './helpers.ts'

export function describeCascades(store: () => Store): void {
  describe('what goes with what', () => {
    const leftovers = async (account: AccountRow, tokenHash: Uint8Array) => ({
      account: await store().accounts.find(account.project_id, account.id),
      attempt: await store().accounts.findAttempt(account.project_id, account.id),
      request: await store().requests.findByToken(tokenHash),
    })
    const nothing = { account: undefined, attempt: undefined, request: undefined }

    async function withSecrets() {
      const { project, integration, account } = await household(store(), { credentials: bytes('sealed') })
      const request = aRequest(account, { params: bytes('sealed'), code_verifier: bytes('sealed') })
      await store().requests.insert(request)
      const attempt = {
        account_id: account.id,
        project_id: project.id,
        credentials_version: 0,
        fence: 1,
        started_at: at,
      }
      await store().accounts.beginAttempt({ ...attempt, calls: 1 })
      const before = await leftovers(account, request.token_hash)
      assert.ok(before.account && before.attempt && before.request)
      return { project, integration, account, tokenHash: request.token_hash }
    }

    test("a deleted account leaves no request, no attempt and no ciphertext, and others' stay", async () => {
      const { project, account, tokenHash } = await withSecrets()
      const other = await withSecrets()
      assert.equal(await store().accounts.delete(project.id, account.id), true)
      assert.deepEqual(await leftovers(account, tokenHash), nothing)
      assert.ok((await leftovers(other.account, other.tokenHash)).attempt)
    })

    test('a deleted integration takes its accounts', async () => {
      const { project, integration, account, tokenHash } = await withSecrets()
      assert.equal(await store().integrations.delete(project.id, integration.id), true)
      assert.deepEqual(await leftovers(account, tokenHash), nothing)
    })

    test("a deleted app's integrations take their accounts", async () => {
      const { project, integration, account, tokenHash } = await withSecrets()
      await store().integrations.deleteOfApp(project.id, integration.app_key)
      assert.equal(await store().integrations.find(project.id, integration.id), undefined)
      assert.deepEqual(await leftovers(account, tokenHash), nothing)
    })

    test('a deleted project takes all it owns', async () => {
      const { project, account, tokenHash } = await withSecrets()
      const [key, link, app] = [aKey(project.id), aLink(project.id), anApp(project.id)]
      await store().projects.insertKey(key)
      await store().requests.insertLink(link)
      await store().integrations.insertApp(app)
      await store().events.append(anEvent(account))
      await store().accounts.ensureEntity(project.id, 'jessica', at)
      assert.equal(await store().projects.delete(project.id), true)
      assert.deepEqual(await leftovers(account, tokenHash), nothing)
      assert.equal(await store().projects.findKeyByHash(key.hash, at), undefined)
      assert.equal(await store().requests.findLinkByToken(link.token_hash), undefined)
      assert.deepEqual(await store().integrations.listApps(project.id), [])
      assert.deepEqual(await store().integrations.list(project.id, {}), [])
      assert.deepEqual(await store().events.ofAccount(project.id, account.id), [])
    })
  })
}
