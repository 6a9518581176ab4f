// The client's calls beside the guide: node calls.mjs <client> <base URL> <API key>. Each result is sent to the parent process.
const [client, baseUrl, apiKey] = process.argv.slice(2)
const { OpenAIToolSet } = await import(client)
const toolset = new OpenAIToolSet({ baseUrl, apiKey })
const { apps, integrations, connectedAccounts, backendClient } = toolset.client
const asWritten = 'getAuthParams' in OpenAIToolSet.prototype
const takesObject = client !== 'client-0.3.3'
const paramsName = asWritten ? 'data' : 'connectionParams'

const { integrationId } = await toolset.client.getExpectedParamsForUser({ app: 'linear' })
const initiate = (params, entityId = 'jessica') =>
  connectedAccounts.initiate({ integrationId, entityId, [paramsName]: params, redirectUri: '' })

await send('client id', () => backendClient.getClientId())
await send('apps', async () => (await apps.list()).map(({ key }) => key))
await send('app', async () => (await apps.get({ appKey: 'LINEAR' })).key)
await send('integration', async () => (await integrations.get({ integrationId })).id)
await send('integrations', async () => (await integrations.list({ appName: 'linear' })).items.map(({ id }) => id))

const { connectedAccountId } = await initiate({ api_key: 'lin_api_of_jessica' })
await initiate({ api_key: 'lin_api_of_melissa' }, 'melissa')

const jessica = toolset.client.getEntity('jessica')
await send('account', () => connectedAccounts.get({ connectedAccountId }))
await send('accounts', async () =>
  (await connectedAccounts.list({ user_uuid: 'jessica' })).items.map(({ id }) => id),
)
await send('connections of the entity', async () => (await jessica.getConnections()).map(({ id }) => id))
await send('connection by app', async () => (await jessica.getConnection(takesObject ? { app: 'linear' } : 'linear')).id)
await send('wrong app', () => connectedAccounts.list({ appNames: 'gmail', user_uuid: 'jessica' }))

if (connectedAccounts.disable) {
  await send('disable', () => connectedAccounts.disable({ connectedAccountId }))
  await send('disabled account', () => connectedAccounts.get({ connectedAccountId }))
  await send('enable', () => connectedAccounts.enable({ connectedAccountId }))
  await send('reinitiate', async () => {
    const again = await connectedAccounts.reinitiateConnection({
      connectedAccountId,
      data: { api_key: 'lin_api_of_jessica_again' },
      redirectUri: '',
    })
    return again.connectedAccountId
  })
}

await send('a missing param', () => initiate({}))
await send('an unknown account', () =>
  connectedAccounts.get({ connectedAccountId: '00000000-0000-4000-8000-000000000000' }),
)
await send('delete', () => connectedAccounts.delete({ connectedAccountId }))
await send('the deleted account', () => connectedAccounts.get({ connectedAccountId }))

// Last: up to 0.5.4 all instances of a process share the key that was given last.
const stranger = new OpenAIToolSet({ baseUrl, apiKey: 'hf_test_somebody_elses_key' })
await send('a wrong key', () => stranger.client.connectedAccounts.get({ connectedAccountId }))

process.disconnect()

async function send(step, work) {
  try {
    process.send({ step, value: JSON.parse(JSON.stringify((await work()) ?? null)) })
  } catch (error) {
    process.send({ step, errorCode: error.errCode ?? String(error), description: String(error.description ?? '') })
  }
}
