import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { assertRefused, type Initiated, newEntity, ok, tokenIn } from './support/api.ts'
import { type OwnApp, ownerOfAccount, returnUrl, setUpOwnApp } from './support/own-app.ts'
import { Person } from './support/person.ts'

const running: OwnApp[] = []
after(async () => {
  for (const ownApp of running) await ownApp.close()
})

async function setUp(...settings: Parameters<typeof setUpOwnApp>): Promise<OwnApp> {
  const ownApp = await setUpOwnApp(...settings)
  running.push(ownApp)
  return ownApp
}

/** The person clicks, agrees over there, and comes back. @returns Where the browser ends. */
async function finish({ provider }: OwnApp, { redirectUrl }: Initiated, says: 'yes' | 'no' = 'yes') {
  const browser = new Person()
  const authorizationUrl = await browser.agree(redirectUrl ?? '')
  assert.equal(authorizationUrl.origin, provider.issuer)
  const callback = await (says === 'yes' ? provider.approve(authorizationUrl) : provider.deny(authorizationUrl))
  return (await browser.open(callback)).location
}

async function connect(ownApp: OwnApp): Promise<ConnectedAccount> {
  const begun = await begin(ownApp)
  await finish(ownApp, begun)
  const account = await ownApp.api.account(begun.connectedAccountId)
  assert.equal(account.status, 'ACTIVE', JSON.stringify(account.statusReason))
  return account
}

const begin = ({ api, integration }: OwnApp) =>
  api.initiate({ integrationId: integration.id, entityId: newEntity(), redirectUri: returnUrl })

async function personBehind({ provider }: OwnApp, authorization: string): Promise<string | number> {
  const response = await fetch(provider.userinfoEndpoint, { headers: { authorization } })
  return response.ok ? ((await response.json()) as { sub: string }).sub : response.status
}

/** Somebody else who holds the client's secret and the account's refresh token. */
async function atProvider({ client, provider }: OwnApp, endpoint: string, fields: Record<string, string>) {
  const own = { client_id: client.clientId, client_secret: client.clientSecret ?? '' }
  const response = await fetch(new URL(endpoint, provider.issuer), {
    method: 'POST',
    body: new URLSearchParams({ ...own, ...fields }),
  })
  assert.equal(response.status, 200, await response.text())
}

const expire = ({ clock }: OwnApp) => clock.advance(3_600_000)

for (const mode of ['test', 'live'] as const)
  for (const authMethod of ['client_secret_basic', 'client_secret_post', 'none'] as const)
    test(`a ${mode} project connects with ${authMethod} and stays connected over three refreshes`, async () => {
      const ownApp = await setUp(mode, authMethod)
      const { api, integration } = ownApp
      assert.equal(integration.simulated, false)
      const begun = await begin(ownApp)
      const location = await finish(ownApp, begun)
      assert.equal(`${location?.origin}${location?.pathname}`, returnUrl)
      assert.equal(location?.searchParams.get('status'), 'success')

      const { id } = await api.account(begun.connectedAccountId)
      const { identity, grantedScopes, connectionParams } = await api.account(id)
      assert.deepEqual(identity, { ...ownerOfAccount, avatar: null })
      assert.ok(grantedScopes?.includes('offline_access'))
      assert.equal(connectionParams?.client_secret, undefined)

      const tokens = [tokenIn(ok(await api.info(id)))]
      const refreshTokens = [connectionParams?.refresh_token]
      for (let refresh = 0; refresh < 3; refresh++) {
        expire(ownApp)
        tokens.push(tokenIn(ok(await api.info(id))))
        refreshTokens.push((await api.account(id)).connectionParams?.refresh_token)
        assert.equal(await personBehind(ownApp, tokens.at(-1) ?? ''), ownerOfAccount.id)
      }
      assert.equal(new Set(tokens).size, 4)
      assert.equal(new Set(refreshTokens).size, 4, 'each refresh token was replaced')
    })

describe('a grant that ends at the app', () => {
  const endings = {
    'the person takes it back': (ownApp: OwnApp, token: string) =>
      atProvider(ownApp, '/token/revocation', { token, token_type_hint: 'refresh_token' }),
    'its refresh token was used by somebody else': (ownApp: OwnApp, refresh_token: string) =>
      atProvider(ownApp, '/token', { grant_type: 'refresh_token', refresh_token }),
  }
  for (const [name, endGrant] of Object.entries(endings))
    test(`${name}: the account is EXPIRED, and a reconnect under the same id brings it back`, async () => {
      const ownApp = await setUp('live', 'client_secret_post')
      const { api } = ownApp
      const { id, connectionParams } = await connect(ownApp)
      await endGrant(ownApp, String(connectionParams?.refresh_token))
      expire(ownApp)

      assertRefused(await api.info(id), { status: 400, code: 'reconnect_required' })
      const { status, statusReason } = await api.account(id)
      assert.deepEqual([status, statusReason?.code, statusReason?.mustAct], ['EXPIRED', 'grant_revoked', 'endUser'])

      const again = ok(
        await api.post<Initiated>(`/api/v1/connectedAccounts/${id}/reinitiate`, { redirectUri: returnUrl }),
      )
      assert.equal(again.connectedAccountId, id)
      await finish(ownApp, again)
      assert.equal((await api.account(id)).status, 'ACTIVE')
      assert.equal(await personBehind(ownApp, tokenIn(ok(await api.info(id)))), ownerOfAccount.id)
    })
})

describe('a connection that fails', () => {
  for (const authMethod of ['client_secret_basic', 'client_secret_post'] as const)
    test(`a wrong client secret with ${authMethod} is the operator’s to repair`, async () => {
      const ownApp = await setUp('live', authMethod, 'not the secret')
      const begun = await begin(ownApp)
      const location = await finish(ownApp, begun)
      assert.equal(location?.searchParams.get('status'), 'failed')
      assert.equal(location?.searchParams.get('error'), 'client_rejected')
      const { status, statusReason } = await ownApp.api.account(begun.connectedAccountId)
      assert.deepEqual([status, statusReason?.code, statusReason?.mustAct], ['FAILED', 'client_rejected', 'operator'])
      assert.doesNotMatch(JSON.stringify(statusReason), /not the secret/)
    })

  test('a person who says no ends it', async () => {
    const ownApp = await setUp('live', 'none')
    const begun = await begin(ownApp)
    await finish(ownApp, begun, 'no')
    const { status, statusReason } = await ownApp.api.account(begun.connectedAccountId)
    assert.deepEqual([status, statusReason?.code], ['FAILED', 'access_denied'])
  })
})
