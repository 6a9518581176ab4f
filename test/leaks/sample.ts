/** A short life of a server, for the test of the leak check itself: flows, refusals, pages, figures. */
import { startTestServer } from '../../packages/server/src/testing.ts'
import { apiOf, ok } from '../support/api.ts'

const server = await startTestServer()
const api = apiOf(server)
try {
  const account = await api.connect({ app: 'gmail' })
  await api.info(account.id)
  const { connectionParams } = await api.account(account.id)
  await api.script(account.id, { expireNow: true, failNextTokenCalls: { times: 1, status: 503 } })
  await api.info(account.id)
  ok(
    await api.post('/api/v1/connectedAccounts', {
      app: 'linear',
      data: { api_key: 'typed-by-a-person-of-the-sample' },
    }),
  )
  await api.post('/api/v1/connectedAccounts', { app: 'linear', data: { api_key: 'typed-and-invalid-of-the-sample' } })
  await api.get('/api/v1/nowhere')
  await fetch(`${server.url}/connect/unknown`)
  await fetch(`${server.url}/metrics`, { headers: { 'x-api-key': server.adminKey } })
  const planted = String(connectionParams?.refresh_token)
  if (process.argv[2] === 'database')
    await server.composition.store.settings.put('planted', Buffer.from(`x${planted}`).toString('base64'))
} finally {
  await server.close()
}
