/** The drill of docs/operation.md: what a backup can bring back, and what it cannot. */
import assert from 'node:assert/strict'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { type Api, type AuthParamsAnswer, type Initiated, newEntity, ok, tokenIn } from './support/api.ts'
import { clientSecret, type OwnApp, setUpOwnApp } from './support/own-app.ts'
import { Person } from './support/person.ts'
import { temporaryFolder } from './support/server-process.ts'

test('a restored backup serves what did not change; a refresh token replaced since is told plainly and renewed in place', async () => {
  const before = await temporaryFolder()
  const restored = await temporaryFolder()
  const ownApp = await setUpOwnApp('live', 'client_secret_basic', clientSecret, before.folder)
  try {
    const untouched = await connect(ownApp)
    const refreshed = await connect(ownApp)

    // The backup, while the server runs.
    const live = new DatabaseSync(join(before.folder, 'holdfast.db'), { readOnly: true })
    live.exec(`vacuum into '${join(restored.folder, 'holdfast.db')}'`)
    live.close()
    await copyFile(join(before.folder, 'master-keys'), join(restored.folder, 'master-keys'))

    // One account is refreshed after it: the app replaces the refresh token.
    ownApp.clock.advance(3_600_000)
    ok(await ownApp.api.info(refreshed.id))

    const api = await ownApp.reopen(restored.folder)
    ok(await api.info(untouched.id))
    const refusal = await api.info<{ code: string; fix: string }>(refreshed.id)
    assert.equal(refusal.body.code, 'reconnect_required', JSON.stringify(refusal.body))
    const { status, statusReason } = await api.account(refreshed.id)
    assert.equal(status, 'EXPIRED')
    assert.equal(statusReason?.mustAct, 'endUser')

    const renewal = ok(await api.post<Initiated>(`/api/v1/connectedAccounts/${refreshed.id}/reinitiate`, {}))
    await finish(ownApp, renewal)
    assert.equal((await api.account(refreshed.id)).status, 'ACTIVE')
    assert.equal(await asPerson(ownApp, api, refreshed.id), 200)
  } finally {
    await ownApp.close()
    await before.remove()
    await restored.remove()
  }
})

async function connect(ownApp: OwnApp): Promise<ConnectedAccount> {
  const { api, integration } = ownApp
  const begun = await api.initiate({ integrationId: integration.id, entityId: newEntity() })
  await finish(ownApp, begun)
  const account = await api.account(begun.connectedAccountId)
  assert.equal(account.status, 'ACTIVE', JSON.stringify(account.statusReason))
  return account
}

async function finish({ provider }: OwnApp, { redirectUrl }: Initiated): Promise<void> {
  const browser = new Person()
  await browser.open(await provider.approve(await browser.agree(redirectUrl ?? '')))
}

async function asPerson({ provider }: OwnApp, api: Api, accountId: string): Promise<number> {
  const authorization = tokenIn(ok(await api.info<AuthParamsAnswer>(accountId)))
  return (await fetch(provider.userinfoEndpoint, { headers: { authorization } })).status
}
