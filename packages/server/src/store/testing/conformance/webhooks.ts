import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { AccountRow, Store } from '../../index.ts'
import { anEndpoint, anEvent, aProject, at, household } from '../rows.ts'
import { bytes, parallel } from './helpers.ts'

export function describeWebhooks(store: () => Store): void {
  const fanOut = async (account: AccountRow, type = 'connected_account.active') => {
    const event = anEvent(account, { type })
    await store().transaction(async (queries) => {
      await queries.events.append(event)
      await queries.webhookDeliveries.fanOut(event)
    })
    return event
  }

  describe('webhook endpoints', () => {
    test("are found, listed, changed and deleted within the project, and no other's", async () => {
      const { project } = await household(store())
      const other = aProject()
      await store().projects.insert(other)
      const endpoint = anEndpoint(project.id)
      const { webhookEndpoints } = store()
      await webhookEndpoints.insert(endpoint)
      assert.equal(await webhookEndpoints.find(other.id, endpoint.id), undefined)
      assert.equal(await webhookEndpoints.update(other.id, endpoint.id, { url: 'https://evil.example/' }), undefined)
      assert.equal(await webhookEndpoints.delete(other.id, endpoint.id), false)
      assert.deepEqual(await webhookEndpoints.list(other.id), [])
      assert.equal((await webhookEndpoints.update(project.id, endpoint.id, { enabled: 0 }))?.enabled, 0)
      assert.deepEqual(
        (await webhookEndpoints.list(project.id)).map(({ id, url }) => [id, url]),
        [[endpoint.id, endpoint.url]],
      )
      assert.equal(await webhookEndpoints.delete(project.id, endpoint.id), true)
      assert.equal(await webhookEndpoints.find(project.id, endpoint.id), undefined)
    })

    test('of 20 rotations of one secret one wins', async () => {
      const { project } = await household(store())
      const endpoint = anEndpoint(project.id)
      await store().webhookEndpoints.insert(endpoint)
      const rotated = await parallel(20, (index) =>
        store().webhookEndpoints.replaceSecret(project.id, endpoint.id, 0, { secret: bytes(`${index}`) }),
      )
      assert.equal(rotated.filter((row) => row !== undefined).length, 1)
      const [row] = await store().webhookEndpoints.list(project.id)
      assert.equal(row?.secret_version, 1)
      assert.deepEqual([...(row?.secret ?? [])], [...bytes(String(rotated.findIndex((each) => each !== undefined)))])
    })

    test('forget a previous secret when its time is over', async () => {
      const { project } = await household(store())
      const { webhookEndpoints } = store()
      const isForgotten = async (until: number) => {
        const row = anEndpoint(project.id, { previous_secret: bytes('old'), previous_secret_until: until })
        await webhookEndpoints.insert(row)
        await webhookEndpoints.dropPreviousSecrets(at)
        return (await webhookEndpoints.find(project.id, row.id))?.previous_secret === null
      }
      assert.deepEqual([await isForgotten(at), await isForgotten(at + 1)], [true, false])
    })

    test('are disabled once, and a success ends the time of failing', async () => {
      const { project } = await household(store())
      const endpoint = anEndpoint(project.id)
      const { webhookEndpoints } = store()
      await webhookEndpoints.insert(endpoint)
      await webhookEndpoints.failed(endpoint.id, 100)
      await webhookEndpoints.failed(endpoint.id, 200)
      assert.equal((await webhookEndpoints.find(project.id, endpoint.id))?.failing_since, 100)
      assert.equal(await webhookEndpoints.disable(endpoint.id, 'failing', at, 99), undefined)
      await webhookEndpoints.succeeded([endpoint.id])
      assert.equal(await webhookEndpoints.disable(endpoint.id, 'failing', at, 100), undefined)
      await webhookEndpoints.failed(endpoint.id, 300)
      const disabled = await parallel(10, () => webhookEndpoints.disable(endpoint.id, 'failing', at, 300))
      assert.equal(disabled.filter((row) => row !== undefined).length, 1)
    })
  })

  describe('webhook deliveries', () => {
    test('go to each enabled endpoint of the project that wants the event', async () => {
      const { project, account } = await household(store())
      const all = anEndpoint(project.id)
      const some = anEndpoint(project.id, { event_types: '["connected_account.expired"]' })
      const off = anEndpoint(project.id, { enabled: 0 })
      const elsewhere = anEndpoint((await household(store())).project.id)
      for (const row of [all, some, off, elsewhere]) await store().webhookEndpoints.insert(row)
      await fanOut(account)
      await fanOut(account, 'connected_account.expired')
      const types = async ({ id }: { id: string }) =>
        (await store().webhookDeliveries.list(id, {}, undefined, 10)).map(({ event_type }) => event_type).toSorted()
      assert.deepEqual(await types(all), ['connected_account.active', 'connected_account.expired'])
      assert.deepEqual(await types(some), ['connected_account.expired'])
      assert.deepEqual([await types(off), await types(elsewhere)], [[], []])
    })

    test('are written with their event or not at all', async () => {
      const { project, account } = await household(store())
      const endpoint = anEndpoint(project.id)
      await store().webhookEndpoints.insert(endpoint)
      const event = anEvent(account)
      await assert.rejects(
        store().transaction(async (queries) => {
          await queries.events.append(event)
          await queries.webhookDeliveries.fanOut(event)
          throw new Error('no')
        }),
        /no/,
      )
      assert.deepEqual(await store().webhookDeliveries.list(endpoint.id, {}, undefined, 10), [])
    })

    test('are each claimed by one of many, longest due first, and again when the claim has ended', async () => {
      const { project, account } = await household(store())
      const endpoint = anEndpoint(project.id)
      await store().webhookEndpoints.insert(endpoint)
      for (let count = 0; count < 30; count++) await fanOut(account)
      const { webhookDeliveries } = store()
      assert.ok((await store().webhookEndpoints.withDueDeliveries(at)).some(({ id }) => id === endpoint.id))
      const claims: string[] = []
      // One that finds all it looked at in the hands of others may come away with less, never with another's.
      for (let round = 0; claims.length < 30 && round < 30; round++) {
        const taken = await parallel(10, () => webhookDeliveries.claim(endpoint.id, at, at + 1000, 4))
        claims.push(...taken.flat().map(({ id }) => id))
      }
      assert.equal(claims.length, 30)
      assert.equal(new Set(claims).size, 30)
      assert.deepEqual(await webhookDeliveries.claim(endpoint.id, at + 999, at + 2000, 100), [])
      const again = await webhookDeliveries.claim(endpoint.id, at + 1000, at + 2000, 100)
      assert.deepEqual([again.length, again[0]?.claim], [30, 2])
      await webhookDeliveries.release(again.slice(0, 1), at + 1000)
      assert.equal((await webhookDeliveries.claim(endpoint.id, at + 1000, at + 2000, 100)).length, 1)
    })

    test('end when they arrive, are tried again when they fail, and an old claim changes nothing', async () => {
      const { project, account } = await household(store())
      const endpoint = anEndpoint(project.id)
      await store().webhookEndpoints.insert(endpoint)
      await fanOut(account)
      const { webhookDeliveries } = store()
      const [old] = await webhookDeliveries.claim(endpoint.id, at, at + 1000, 1)
      const [held] = await webhookDeliveries.claim(endpoint.id, at + 1000, at + 2000, 1)
      assert.ok(old && held)
      await webhookDeliveries.failedAttempt(old.id, old.claim, null, at)
      assert.deepEqual(await webhookDeliveries.find(project.id, held.id), held)
      await webhookDeliveries.failedAttempt(held.id, held.claim, at + 5000, at + 1500)
      const waiting = await webhookDeliveries.find(project.id, held.id)
      assert.deepEqual([waiting?.status, waiting?.due_at, waiting?.attempts], ['pending', at + 5000, 1])
      assert.equal(await webhookDeliveries.find(newId(), held.id), undefined)

      const attempt = {
        delivery_id: held.id,
        started_at: at,
        duration_ms: 5,
        status_code: 500,
        error: null,
        response: 'no',
      }
      await webhookDeliveries.recordAttempts([1, 1, 2].map((number) => ({ ...attempt, number })))
      assert.equal((await webhookDeliveries.attemptsOf([held.id])).length, 2)

      await webhookDeliveries.delivered([held.id], at + 5000)
      await webhookDeliveries.delivered([held.id], at + 6000)
      const arrived = await webhookDeliveries.find(project.id, held.id)
      assert.deepEqual([arrived?.status, arrived?.due_at, arrived?.attempts], ['delivered', null, 2])
      assert.equal((await webhookDeliveries.requeue(project.id, held.id, at + 7000))?.status, 'pending')
    })

    test('a replay queues what failed and what was never queued, under the ids they had', async () => {
      const { project, account } = await household(store())
      const before = await fanOut(account)
      const endpoint = anEndpoint(project.id)
      await store().webhookEndpoints.insert(endpoint)
      await fanOut(account)
      const { webhookDeliveries } = store()
      const [delivery] = await webhookDeliveries.claim(endpoint.id, at, at + 1000, 1)
      assert.ok(delivery)
      await webhookDeliveries.failedAttempt(delivery.id, delivery.claim, null, at)
      const range = { since: at, until: at + 1, onlyFailed: true }
      assert.equal(await webhookDeliveries.replay(endpoint, range, at + 10), 2)
      const queued = await webhookDeliveries.list(endpoint.id, { status: 'pending' }, undefined, 10)
      assert.deepEqual(queued.map(({ event_id }) => event_id).toSorted(), [before.id, delivery.event_id].toSorted())
      assert.ok(queued.some(({ id }) => id === delivery.id))
      assert.equal(await webhookDeliveries.replay(endpoint, { ...range, until: at }, at + 10), 0)
      assert.ok((await webhookDeliveries.queueLength()) >= 2)
    })

    test('a replay leaves out types that the endpoint does not want, and what is on its way', async () => {
      const { project, account } = await household(store())
      await fanOut(account, 'connected_account.expired')
      await fanOut(account, 'connected_account.credentials_refreshed')
      await fanOut(account)
      const some = anEndpoint(project.id, { event_types: '["connected_account.active"]' })
      const all = anEndpoint(project.id)
      for (const row of [some, all]) await store().webhookEndpoints.insert(row)
      const { webhookDeliveries } = store()
      const range = { since: at, until: at + 1, onlyFailed: false }
      assert.deepEqual(
        [await webhookDeliveries.replay(some, range, at + 10), await webhookDeliveries.replay(all, range, at + 10)],
        [1, 2],
      )
      assert.equal(await webhookDeliveries.replay(all, range, at + 20), 0)
      await webhookDeliveries.claim(all.id, at + 10, at + 1000, 10)
      assert.equal(await webhookDeliveries.replay(all, range, at + 20), 0)
      const sent = await webhookDeliveries.list(all.id, {}, undefined, 10)
      await webhookDeliveries.delivered(
        sent.map(({ id }) => id),
        at + 30,
      )
      assert.equal(await webhookDeliveries.replay(all, { ...range, onlyFailed: true }, at + 40), 0)
      assert.equal(await webhookDeliveries.replay(all, range, at + 40), 2)
      assert.equal(await webhookDeliveries.deleteOf(all.id, 1), 1)
      assert.equal(await webhookDeliveries.deleteOf(all.id, 10), 1)
      assert.equal((await webhookDeliveries.list(some.id, {}, undefined, 10)).length, 1)
    })

    test('old ones go, a few at a time, and with their endpoint all of them', async () => {
      const { project, account } = await household(store())
      const endpoint = anEndpoint(project.id)
      await store().webhookEndpoints.insert(endpoint)
      const { webhookDeliveries } = store()
      for (let count = 0; count < 3; count++) await webhookDeliveries.insertTest(endpoint, 'test', '{}', 50)
      await fanOut(account)
      assert.equal(await webhookDeliveries.deleteOld(100, 2), 2)
      assert.equal(await webhookDeliveries.deleteOld(100, 2), 1)
      assert.equal((await webhookDeliveries.list(endpoint.id, {}, undefined, 10)).length, 1)
      await store().webhookEndpoints.delete(project.id, endpoint.id)
      assert.deepEqual(await webhookDeliveries.list(endpoint.id, {}, undefined, 10), [])
    })
  })
}
