// The guide's JavaScript, step by step, with a published client: node guide.mjs <client> <app> <base URL> <API key> <params>.
// Whatever a step gives is sent to the parent process. `asWritten`: this version still has the guide's names.
const [client, app, baseUrl, apiKey, params] = process.argv.slice(2)
const { OpenAIToolSet } = await import(client)
const asWritten = 'getAuthParams' in OpenAIToolSet.prototype

const toolset = new OpenAIToolSet({ baseUrl, apiKey })

const expectedInputFields = await step('expected params', () =>
  (asWritten ? toolset : toolset.client).getExpectedParamsForUser({ app }),
)

const redirectUrl = 'https://yourwebsite.com/connection/callback'
const entityId = 'user_id'
const collectedParams = JSON.parse(params)

const connectionRequest = await step('initiate', () =>
  toolset.client.connectedAccounts.initiate({
    ...(asWritten ? { data: { ...collectedParams } } : { connectionParams: collectedParams }),
    userUuid: entityId,
    integrationId: expectedInputFields.integrationId,
    redirectUri: redirectUrl,
  }),
)

await step('wait until active', () => connectionRequest.waitUntilActive(30))

const connectedAccount = await step('connected account', () =>
  toolset.client.connectedAccounts.get({ connectedAccountId: connectionRequest.connectedAccountId }),
)

await step('auth params', () =>
  asWritten
    ? toolset.getAuthParams({ connectedAccountId: connectedAccount.connectedAccountId })
    : toolset.client.connectedAccounts.get({ connectedAccountId: connectedAccount.connectedAccountId }),
)

process.disconnect()

async function step(name, work) {
  const value = await work()
  // Through JSON, since the clients' objects carry functions, which no process can send.
  process.send({ step: name, value: JSON.parse(JSON.stringify(value)) })
  return value
}
