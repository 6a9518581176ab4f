import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId, newToken, sha256 } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { aLink, aRequest, at, household } from '../rows.ts'
import { bytes, parallel } from './helpers.ts'

export function describeRequests(store: () => Store): void {
  describe('connection requests', () => {
    const binding = () => ({
      state_hash: sha256(newToken()),
      cookie_hash: sha256(newToken()),
      code_verifier: bytes('sealed verifier'),
    })

    test('a request is found by its token and, once clicked, by its state', async () => {
      const { account } = await household(store())
      const request = aRequest(account, { params: bytes('sealed params') })
      await store().requests.insert(request)
      assert.equal((await store().requests.findByToken(request.token_hash))?.id, request.id)
      assert.equal(await store().requests.findByToken(sha256(newToken())), undefined)
      const bound = binding()
      const clicked = await store().requests.authorize(request.id, at, bound)
      assert.equal(clicked?.status, 'authorizing')
      assert.equal((await store().requests.findByState(bound.state_hash))?.id, request.id)
      assert.equal(await store().requests.findByState(sha256(newToken())), undefined)
    })

    test('the newest of an account, and the last of an integration that ended', async () => {
      const { account } = await household(store())
      const old = aRequest(account, { status: 'failed', failure_code: 'provider_unavailable', created_at: at - 3 })
      const later = aRequest(account, { status: 'connected', created_at: at - 2 })
      const open = aRequest(account, { created_at: at - 1 })
      for (const row of [later, open, old]) await store().requests.insert(row)
      assert.equal((await store().requests.newestOfAccount(account.id))?.id, open.id)
      const ended = async (since: number, limit: number) =>
        (await store().requests.lastEnded(account.integration_id, since, limit)).map(({ id }) => id)
      assert.deepEqual(await ended(at - 10, 5), [later.id, old.id])
      assert.deepEqual(await ended(at - 10, 1), [later.id])
      assert.deepEqual(await ended(at - 2, 5), [later.id])
      assert.equal(await store().requests.newestOfAccount(newId()), undefined)
    })

    test('a second click replaces the state of the first', async () => {
      const { account } = await household(store())
      const request = aRequest(account)
      await store().requests.insert(request)
      const [first, second] = [binding(), binding()]
      await store().requests.authorize(request.id, at, first)
      await store().requests.authorize(request.id, at, second)
      assert.equal(await store().requests.consumeState(first.state_hash), undefined)
      assert.ok(await store().requests.consumeState(second.state_hash))
    })

    test('nothing is clicked after its time or its end', async () => {
      const { account } = await household(store())
      const late = aRequest(account, { expires_at: at })
      const ended = aRequest(account)
      await store().requests.insert(late)
      await store().requests.insert(ended)
      await store().requests.end(ended.id, { status: 'failed', failure_code: 'access_denied' })
      assert.equal(await store().requests.authorize(late.id, at, binding()), undefined)
      assert.equal(await store().requests.authorize(ended.id, at, binding()), undefined)
      assert.ok(await store().requests.authorize(late.id, at - 1, binding()))
    })

    const codes = (poll_after: number) => ({
      cookie_hash: sha256(newToken()),
      code_verifier: bytes('sealed codes'),
      expires_at: at + 900_000,
      poll_after,
      poll_interval_seconds: 5,
    })

    test('of 20 processes one asks about a code that is typed elsewhere, and only it uses the answer', async () => {
      const { account } = await household(store())
      const request = aRequest(account)
      await store().requests.insert(request)
      const clicked = await store().requests.authorizeDevice(request.id, at, codes(at + 5))
      assert.deepEqual([clicked?.status, clicked?.expires_at], ['authorizing', at + 900_000])
      const mine = (rows: { id: string }[]) => rows.filter(({ id }) => id === request.id)
      assert.deepEqual(mine(await store().requests.claimPolls(at + 4, at + 60, 100)), [])
      const claims = await parallel(20, () => store().requests.claimPolls(at + 5, at + 60, 100))
      assert.equal(claims.flatMap(mine).length, 1)

      assert.equal(
        await store().requests.pollAgain(request.id, at + 59, { poll_after: at, poll_interval_seconds: 9 }),
        false,
      )
      const next = { poll_after: at + 10, poll_interval_seconds: 10 }
      assert.equal(await store().requests.pollAgain(request.id, at + 60, next), true)
      const [again] = mine(await store().requests.claimPolls(at + 10, at + 70, 100))
      assert.ok(again)
      assert.equal(await store().requests.takePolled(request.id, at + 60), undefined)
      const taken = await parallel(20, () => store().requests.takePolled(request.id, at + 70))
      assert.equal(taken.filter((row) => row !== undefined).length, 1)
      await store().requests.end(request.id, { status: 'connected', failure_code: null })
    })

    test('nobody asks about a code after its time, its end, or a click on the usual way', async () => {
      const { account } = await household(store())
      const [late, ended, gone] = [aRequest(account), aRequest(account), aRequest(account)]
      for (const request of [late, ended, gone]) {
        await store().requests.insert(request)
        await store().requests.authorizeDevice(request.id, at, codes(at + 5))
      }
      await store().requests.end(ended.id, { status: 'failed', failure_code: 'access_denied' })
      await store().requests.authorize(gone.id, at, binding())
      const asked = async (now: number) =>
        (await store().requests.claimPolls(now, now + 60, 100))
          .map(({ id }) => id)
          .filter((id) => [late.id, ended.id, gone.id].includes(id))
      assert.deepEqual(await asked(at + 900_000), [])
      assert.deepEqual(await asked(at + 5), [late.id])
      for (const { id } of [late, gone]) await store().requests.end(id, { status: 'failed', failure_code: null })
    })

    test('of 50 callbacks of one state exactly one gets the request, and it is not clicked again', async () => {
      const { account } = await household(store())
      const request = aRequest(account)
      await store().requests.insert(request)
      const bound = binding()
      await store().requests.authorize(request.id, at, bound)
      const consumed = await parallel(50, () => store().requests.consumeState(bound.state_hash))
      assert.equal(consumed.filter((row) => row !== undefined).length, 1)
      assert.equal(await store().requests.authorize(request.id, at, binding()), undefined)
    })

    test('of 50 ends one counts, and with it verifier and params are gone', async () => {
      const { account } = await household(store())
      const request = aRequest(account, { params: bytes('sealed params') })
      await store().requests.insert(request)
      await store().requests.authorize(request.id, at, binding())
      const ended = await parallel(50, (index) =>
        store().requests.end(
          request.id,
          index % 2 ? { status: 'connected', failure_code: null } : { status: 'failed', failure_code: 'access_denied' },
        ),
      )
      assert.equal(ended.filter(Boolean).length, 1)
      const row = await store().requests.findByToken(request.token_hash)
      assert.deepEqual([row?.code_verifier, row?.params], [null, null])
      assert.equal(row?.status, ended.indexOf(true) % 2 ? 'connected' : 'failed')
    })

    test('open requests of an account, and those whose time is up, oldest first', async () => {
      const { account } = await household(store())
      const first = aRequest(account, { expires_at: 10 })
      const second = aRequest(account, { expires_at: 20, status: 'redeeming' })
      const ended = aRequest(account, { expires_at: 5, status: 'failed' })
      for (const row of [second, first, ended]) await store().requests.insert(row)
      const open = await store().requests.openForAccount(account.id)
      assert.deepEqual(open.map(({ id }) => id).toSorted(), [first.id, second.id].toSorted())
      assert.deepEqual(await store().requests.openForAccount(newId()), [])
      assert.deepEqual(
        (await store().requests.overdue(20, 10)).map(({ id }) => id),
        [first.id, second.id],
      )
      assert.deepEqual(
        (await store().requests.overdue(20, 1)).map(({ id }) => id),
        [first.id],
      )
      assert.deepEqual(
        (await store().requests.overdue(19, 10)).map(({ id }) => id),
        [first.id],
      )
      for (const { id } of [first, second]) await store().requests.end(id, { status: 'failed', failure_code: null })
    })

    test('a parked request is taken once, by its project and in time', async () => {
      const { account } = await household(store())
      const { project: other } = await household(store())
      const parked = async () => {
        const request = aRequest(account, { status: 'redeeming' })
        await store().requests.insert(request)
        const hash = sha256(newToken())
        const columns = { handle_hash: hash, answer: bytes('sealed answer'), expires_at: at }
        assert.equal(await store().requests.park(request.id, columns), true)
        assert.equal(await store().requests.park(request.id, columns), false)
        return hash
      }
      const projectId = account.project_id
      const hash = await parked()
      assert.equal(await store().requests.findByHandle(other.id, hash), undefined)
      assert.equal(await store().requests.unpark(other.id, hash, at - 1, at + 60), undefined)
      assert.equal(await store().requests.unpark(projectId, hash, at, at + 60), undefined)
      const taken = await parallel(20, () => store().requests.unpark(projectId, hash, at - 1, at + 60))
      assert.equal(taken.filter((row) => row !== undefined).length, 1)
      const row = await store().requests.findByHandle(projectId, hash)
      assert.deepEqual([row?.status, row?.expires_at], ['redeeming', at + 60])
      await store().requests.end(row?.id ?? '', { status: 'failed', failure_code: null })
      assert.equal((await store().requests.findByHandle(projectId, hash))?.answer, null)
    })

    test('open requests of an entity and of a project are counted up to a limit', async () => {
      const { account } = await household(store())
      const { project_id: projectId } = account
      for (const status of ['pending', 'authorizing', 'parked', 'redeeming', 'connected', 'failed'] as const)
        await store().requests.insert(aRequest(account, { status, entity_id: 'jessica' }))
      await store().requests.insert(aRequest(account, { entity_id: 'another' }))
      assert.equal(await store().requests.countOpen(projectId, 'jessica', 10), 4)
      assert.equal(await store().requests.countOpen(projectId, undefined, 10), 5)
      assert.equal(await store().requests.countOpen(projectId, undefined, 3), 3)
      assert.equal(await store().requests.countOpen(newId(), 'jessica', 10), 0)
      for (const { id } of await store().requests.openForAccount(account.id))
        await store().requests.end(id, { status: 'failed', failure_code: null })
    })

    test('an idempotency key is claimed once, answered, and forgotten in time', async () => {
      const { project } = await household(store())
      const keyHash = sha256(newToken())
      const row = () => ({
        id: newId(),
        project_id: project.id,
        key_hash: keyHash,
        request_hash: sha256('request'),
        expires_at: 100,
      })
      const rows = Array.from({ length: 20 }, row)
      const claims = await parallel(20, (index) => store().idempotencyKeys.claim(rows[index] as (typeof rows)[0], 50))
      assert.equal(claims.filter(Boolean).length, 1)
      const { id } = rows[claims.indexOf(true)] ?? { id: '' }
      assert.equal((await store().idempotencyKeys.find(project.id, keyHash))?.status, null)
      await store().idempotencyKeys.answer(project.id, id, { status: 200, answer: bytes('sealed') })
      assert.equal((await store().idempotencyKeys.find(project.id, keyHash))?.status, 200)
      assert.equal(await store().idempotencyKeys.claim(row(), 99), false)
      assert.equal(await store().idempotencyKeys.claim(row(), 100), true)
      await store().idempotencyKeys.deleteExpired(100)
      assert.equal(await store().idempotencyKeys.find(project.id, keyHash), undefined)
      const again = row()
      await store().idempotencyKeys.claim(again, 50)
      await store().idempotencyKeys.release(project.id, again.id)
      assert.equal(await store().idempotencyKeys.find(project.id, keyHash), undefined)
    })

    test('ended requests and old links are forgotten after their time, open ones are not', async () => {
      const { project, account } = await household(store())
      const old = aRequest(account, { status: 'connected', expires_at: 99 })
      const recent = aRequest(account, { status: 'connected', expires_at: 100 })
      const open = aRequest(account, { expires_at: 99 })
      const [oldLink, link] = [aLink(project.id, { expires_at: 99 }), aLink(project.id, { expires_at: 100 })]
      for (const row of [old, recent, open]) await store().requests.insert(row)
      for (const row of [oldLink, link]) await store().requests.insertLink(row)
      await store().requests.deleteEnded(100)
      assert.equal(await store().requests.findByToken(old.token_hash), undefined)
      assert.ok(await store().requests.findByToken(recent.token_hash))
      assert.ok(await store().requests.findByToken(open.token_hash))
      assert.equal(await store().requests.findLinkByToken(oldLink.token_hash), undefined)
      assert.deepEqual((await store().requests.findLinkByToken(link.token_hash))?.id, link.id)
      await store().requests.end(open.id, { status: 'failed', failure_code: null })
    })

    test('a link knows the account it connected', async () => {
      const { project, account } = await household(store())
      const link = aLink(project.id, { integration_ids: '["a"]', redirect_uri: 'https://a.example/back' })
      await store().requests.insertLink(link)
      const attempt = aRequest(account, { link_id: link.id })
      await store().requests.insert(attempt)
      assert.equal(await store().requests.accountConnectedByLink(link.id), undefined)
      await store().requests.end(attempt.id, { status: 'connected', failure_code: null })
      assert.equal(await store().requests.accountConnectedByLink(link.id), account.id)
      assert.equal(await store().requests.accountConnectedByLink(newId()), undefined)
    })
  })
}
