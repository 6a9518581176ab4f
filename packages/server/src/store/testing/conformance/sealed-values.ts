import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import { type Store, sealedColumns } from '../../index.ts'
import { anAccount, anEndpoint, anIntegration, anOperator, aRequest, aRevocation, at, household } from '../rows.ts'
import { bytes, parallel } from './helpers.ts'

export function describeSealedValues(store: () => Store): void {
  describe('sealed values', () => {
    const columnOf = (table: string, column: string) => {
      const found = sealedColumns.find((candidate) => candidate.table === table && candidate.column === column)
      assert.ok(found, `${table}.${column} is not among the sealed columns`)
      return found
    }
    /** Ids sort by time, so a stretch of one row ends with it and begins just before. */
    const stretchOf = (id: string) => ({ after: id.slice(0, -1), upTo: id })

    test('each is found with the place that its seal is bound to', async () => {
      const { project, integration, account } = await household(store(), {
        credentials: bytes('value'),
        credentials_version: 4,
      })
      const client = anIntegration(project.id, { client_secret: bytes('value'), version: 3 })
      const request = aRequest(account, { params: bytes('value'), code_verifier: bytes('value') })
      const revocation = aRevocation(account, { secrets: bytes('value') })
      const endpoint = anEndpoint(project.id, {
        secret: bytes('value'),
        previous_secret: bytes('value'),
        secret_version: 2,
      })
      await store().integrations.insert(client)
      await store().requests.insert(request)
      await store().revocations.insert(revocation)
      await store().webhookEndpoints.insert(endpoint)
      const operator = anOperator({ totp_secret: bytes('value'), totp_version: 5 })
      await store().operators.insert(operator)

      const places = [
        ['connected_accounts', 'credentials', account.id, 'credentials', 4],
        ['integrations', 'client_secret', client.id, 'client_secret', 3],
        ['connection_requests', 'params', request.id, 'params', 0],
        ['connection_requests', 'code_verifier', request.id, 'code_verifier', 0],
        ['revocations', 'secrets', revocation.id, 'secrets', 0],
        ['webhook_endpoints', 'secret', endpoint.id, 'secret', 2],
        ['webhook_endpoints', 'previous_secret', endpoint.id, 'previous_secret', 2],
        ['operators', 'totp_secret', operator.id, 'totp_secret', 5],
      ] as const
      for (const [table, column, rowId, field, version] of places) {
        const [value, ...others] = await store().sealedValues.notUnder(
          columnOf(table, column),
          stretchOf(rowId),
          bytes('x'),
        )
        const projectId = table === 'operators' ? '' : project.id
        assert.deepEqual(value?.context, { projectId, table, rowId, field, version })
        assert.equal(others.length, 0)
        assert.deepEqual(
          (await store().sealedValues.heads(columnOf(table, column), stretchOf(rowId), 3)).map((head) => [...head]),
          [[...bytes('val')]],
        )
        assert.deepEqual(
          await store().sealedValues.notUnder(columnOf(table, column), stretchOf(rowId), bytes('val')),
          [],
          'a value that begins with the mark is under its key',
        )
      }
      assert.equal(await store().sealedValues.accountOf({ table: 'connected_accounts', rowId: account.id }), account.id)
      assert.equal(await store().sealedValues.accountOf({ table: 'revocations', rowId: revocation.id }), account.id)
      assert.equal(await store().sealedValues.accountOf({ table: 'integrations', rowId: integration.id }), undefined)
      assert.equal(await store().sealedValues.accountOf({ table: 'connected_accounts', rowId: newId() }), undefined)
    })

    test('of 20 that replace the same bytes one does, and a value that changed meanwhile stays', async () => {
      const { project, account } = await household(store(), { credentials: bytes('old') })
      const column = columnOf('connected_accounts', 'credentials')
      const [value] = await store().sealedValues.notUnder(column, stretchOf(account.id), bytes('x'))
      assert.ok(value)
      const replaced = await parallel(20, (index) =>
        store().sealedValues.replace(column, [{ value, by: bytes(`new ${index}`) }]),
      )
      assert.equal(replaced.filter((count) => count === 1).length, 1)
      const row = await store().accounts.find(project.id, account.id)
      assert.deepEqual([...(row?.credentials ?? [])], [...bytes(`new ${replaced.indexOf(1)}`)])
      assert.equal(row?.credentials_version, account.credentials_version)
    })

    test('many are replaced by one statement, but for those that changed or went meanwhile', async () => {
      const column = columnOf('connected_accounts', 'credentials')
      const { project, integration } = await household(store())
      const prefix = newId()
      const ids = ['a', 'b', 'c', 'd'].map((name) => `${prefix}-${name}`)
      for (const id of ids)
        await store().accounts.insert(anAccount(integration, { id, credentials: bytes(`old ${id.at(-1)}`) }))
      const values = await store().sealedValues.notUnder(column, { after: prefix, upTo: `${prefix}-z` }, bytes('new'))
      assert.equal(values.length, 4)
      await store().accounts.replaceCredentials(project.id, `${prefix}-b`, 0, { credentials: bytes('changed') })
      await store().accounts.delete(project.id, `${prefix}-d`)
      const replacements = values.map((value) => ({ value, by: bytes(`new ${value.context.rowId.at(-1)}`) }))
      assert.equal(await store().sealedValues.replace(column, replacements), 2)
      assert.equal(await store().sealedValues.replace(column, []), 0)
      const rows = await Promise.all(ids.map((id) => store().accounts.find(project.id, id)))
      assert.deepEqual(
        rows.map((row) => row?.credentials && Buffer.from(row.credentials).toString()),
        ['new a', 'changed', 'new c', undefined],
      )
    })

    test('of many that move a pass on one does, and one that was begun for another key is not moved', async () => {
      const place = `place ${newId()}`
      const { sealedValues } = store()
      await parallel(5, () => sealedValues.beginPass(place, 'k1', undefined))
      const seen = await sealedValues.findPass(place)
      assert.ok(seen)
      const moved = await parallel(20, (index) => sealedValues.movePass(seen, { position: `${index}` }))
      assert.equal(moved.filter(Boolean).length, 1)
      const later = await sealedValues.findPass(place)
      assert.ok(later)
      await sealedValues.beginPass(place, 'k2', later)
      assert.equal(await sealedValues.movePass(later, { position: 'late' }), false)
      const begun = { place, key_id: 'k2', position: '', found: 0, finished_at: null }
      assert.deepEqual({ ...(await sealedValues.findPass(place)) }, begun)
    })

    test('a table is gone through in stretches, by id', async () => {
      const { integration } = await household(store())
      const prefix = newId()
      for (const index of [0, 1, 2, 3, 4])
        await store().accounts.insert(anAccount(integration, { id: `${prefix}-${index}` }))
      const { sealedValues } = store()
      const accounts = columnOf('connected_accounts', 'credentials')
      assert.equal(await sealedValues.stretchEnd(accounts, prefix, 2), `${prefix}-1`)
      assert.equal(await sealedValues.stretchEnd(accounts, `${prefix}-1`, 3), `${prefix}-4`)
      assert.equal(await sealedValues.stretchEnd(accounts, 'zzzz', 3), undefined)
    })

    test('every sealed column refuses values under a key that was dropped', async () => {
      const mark = bytes(`mark ${newId()}`)
      const keyId = newId()
      const key = { id: keyId, mark, check_value: bytes('check'), sealed_until: null, created_at: at }
      await store().masterKeys.insert({ ...key, state: 'used' })
      const value = Buffer.concat([mark, bytes('value')])
      const { account, integration, project } = await household(store(), { credentials: value })
      const client = anIntegration(project.id, { client_secret: value })
      const endpoint = anEndpoint(project.id, { secret: value })
      await store().integrations.insert(client)
      await store().webhookEndpoints.insert(endpoint)
      await store().masterKeys.setState(keyId, 'dropped')

      const refused = /sealed with a master key that was dropped/
      await assert.rejects(household(store(), { credentials: value }), refused)
      await assert.rejects(
        store().accounts.replaceCredentials(project.id, account.id, 0, { credentials: value }),
        refused,
      )
      await assert.rejects(store().integrations.update(project.id, client.id, { client_secret: value }), refused)
      await assert.rejects(store().requests.insert(aRequest(account, { params: value })), refused)
      await assert.rejects(store().requests.insert(aRequest(account, { code_verifier: value })), refused)
      await assert.rejects(store().revocations.insert(aRevocation(account, { secrets: value })), refused)
      await assert.rejects(store().operators.insert(anOperator({ totp_secret: value })), refused)
      await assert.rejects(store().webhookEndpoints.insert(anEndpoint(project.id, { secret: value })), refused)
      await assert.rejects(
        store().webhookEndpoints.update(project.id, endpoint.id, { previous_secret: value }),
        refused,
      )
      assert.ok(await store().integrations.update(project.id, integration.id, { client_secret: bytes('another key') }))
    })
  })
}
