import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi, type TestApi } from './testing/fakes.ts'

/** Two people with two accounts each, one of them waiting, one of them disabled. */
async function withAccounts(): Promise<{
  api: TestApi
  ids: Record<'jessicaLinear' | 'jessicaGmail' | 'melissaLinear' | 'melissaGmail', string>
}> {
  const api = await startApi()
  const connect = async (entityId: string, app: string, labels: string[] = []) =>
    (
      await api.call('POST', '/api/v1/connectedAccounts', {
        app,
        entityId,
        labels,
        data: app === 'linear' ? { api_key: 'k' } : {},
      })
    ).body.connectedAccountId as string
  const ids = {
    jessicaLinear: await connect('jessica', 'linear', ['primary']),
    jessicaGmail: await connect('jessica', 'gmail'),
    melissaLinear: await connect('melissa', 'linear', ['work', 'eu']),
    melissaGmail: await connect('melissa', 'gmail'),
  }
  await api.call('POST', `/api/v1/connectedAccounts/${ids.melissaLinear}/disable`)
  return { api, ids }
}

test('every filter of accounts narrows the list, and together they narrow further', async () => {
  const { api, ids } = await withAccounts()
  const all = Object.values(ids)
  const { jessicaLinear, jessicaGmail, melissaLinear, melissaGmail } = ids
  const integration = (await api.call('GET', '/api/v1/integrations?appName=gmail')).body.items[0].id
  const cases: [string, string[]][] = [
    ['', all],
    ['entityId=jessica', [jessicaLinear, jessicaGmail]],
    ['user_uuid=melissa', [melissaLinear, melissaGmail]],
    ['user_uuid=melissa,jessica', all],
    ['user_uuid=melissa&user_uuid=jessica', all],
    ['user_uuid=nobody', []],
    ['entityId=jessica&user_uuid=melissa', []],
    ['appNames=linear', [jessicaLinear, melissaLinear]],
    ['appNames=LINEAR,Gmail', all],
    ['appUniqueKeys=gmail', [jessicaGmail, melissaGmail]],
    ['appUniqueKeys[]=gmail', [jessicaGmail, melissaGmail]],
    ['appUniqueKeys%5B%5D=gmail&appUniqueKeys%5B%5D=linear', all],
    ['appNames=gmail&appUniqueKeys[]=linear', []],
    ['appNames=&labels=&status=', all],
    ['status=ACTIVE', [jessicaLinear, melissaLinear]],
    ['status=active,initiated', all],
    ['status=FAILED', []],
    ['showActiveOnly=true', [jessicaLinear, melissaLinear]],
    ['showActiveOnly=True', [jessicaLinear, melissaLinear]],
    ['showActiveOnly=false', all],
    ['showActiveOnly=true&status=INITIATED', []],
    ['showDisabled=false', [jessicaLinear, jessicaGmail, melissaGmail]],
    ['showDisabled=true', all],
    [`integrationId=${integration}`, [jessicaGmail, melissaGmail]],
    [`connectionId=${jessicaGmail},${melissaGmail}`, [jessicaGmail, melissaGmail]],
    ['labels=primary', [jessicaLinear]],
    ['labels=primary,eu', [jessicaLinear, melissaLinear]],
    ['appNames=linear&user_uuid=jessica&status=ACTIVE&showActiveOnly=true', [jessicaLinear]],
    ['page=1&pageSize=99999999', all],
  ]
  for (const [query, expected] of cases) {
    const { status, body } = await api.call('GET', `/api/v1/connectedAccounts?${query}`)
    assert.equal(status, 200, query)
    assert.deepEqual(new Set(body.items.map((item: { id: string }) => item.id)), new Set(expected), query)
  }
})

test('pages add up', async () => {
  const { api, ids } = await withAccounts()
  const seen: string[] = []
  for (const page of [1, 2, 3]) {
    const { body } = await api.call('GET', `/api/v1/connectedAccounts?pageSize=2&page=${page}`)
    assert.deepEqual([body.page, body.totalPages, body.totalItems], [page, 2, 4])
    seen.push(...body.items.map((item: { id: string }) => item.id))
  }
  assert.deepEqual(seen.sort(), Object.values(ids).sort())
  const apps = (await api.call('GET', '/api/v1/apps?pageSize=2&page=2')).body
  assert.deepEqual([apps.items.length, apps.totalPages], [1, 2])
  const integrations = (await api.call('GET', '/api/v1/integrations?pageSize=999&showDisabled=false')).body
  assert.deepEqual([integrations.items.length, integrations.totalPages, integrations.page], [3, 1, 1])
})

test('a list never holds credentials: connectionParams is an empty object, since published clients want one', async () => {
  const { api } = await withAccounts()
  const { items } = (await api.call('GET', '/api/v1/connectedAccounts')).body
  for (const item of items) {
    assert.deepEqual(item.connectionParams, {})
    for (const field of [
      'id',
      'connectedAccountId',
      'integrationId',
      'isDisabled',
      'invocationCount',
      'clientUniqueUserId',
      'status',
      'createdAt',
      'updatedAt',
      'appUniqueId',
      'appName',
      'member',
      'labels',
      'logo',
      'deleted',
      'enabled',
    ])
      assert.notEqual(item[field], undefined, field)
  }
})

test('a filter that does not exist is a 400 that names it and those there are', async () => {
  const api = await startApi()
  const cases: [string, string][] = [
    ['/api/v1/connectedAccounts?userId=jessica', 'userId'],
    ['/api/v1/connectedAccounts?entity_id=jessica', 'entity_id'],
    ['/api/v1/connectedAccounts?appName=gmail', 'appName'],
    ['/api/v1/integrations?app=gmail', 'app'],
    ['/api/v1/apps?name=gmail', 'name'],
    ['/api/v1/connectedAccounts/x?waitfor=ACTIVE', 'waitfor'],
    ['/api/v1/webhookEndpoints?status=on', 'status'],
    ['/api/v1/events/types?type=a', 'type'],
  ]
  for (const [path, name] of cases) {
    const { status, body } = await api.call('GET', path)
    assert.deepEqual([status, body.code, body.errors[0].property], [400, 'validation_failed', name], path)
    assert.match(body.errors[0].message, /there are: /, path)
  }
})

test('a filter with an impossible value is a 400 that names it', async () => {
  const api = await startApi()
  const cases: [string, string][] = [
    ['connectedAccounts?status=DONE', 'status'],
    ['connectedAccounts?showActiveOnly=maybe', 'showActiveOnly'],
    ['connectedAccounts?page=0', 'page'],
    ['connectedAccounts?page=one', 'page'],
    ['connectedAccounts?pageSize=-1', 'pageSize'],
    ['connectedAccounts?user_uuid=', 'user_uuid'],
    ['connectedAccounts?entityId=%20', 'entityId'],
    ['connectedAccounts?user_uuid=a,,b', 'user_uuid'],
    ['integrations?authScheme=MAGIC', 'authScheme'],
    ['connectedAccounts/x?waitFor=DONE', 'waitFor'],
    ['connectedAccounts/x?waitFor=ACTIVE&timeoutSeconds=61', 'timeoutSeconds'],
    ['connectedAccounts/x?waitFor=ACTIVE&timeoutSeconds=0', 'timeoutSeconds'],
  ]
  for (const [path, property] of cases) {
    const { status, body } = await api.call('GET', `/api/v1/${path}`)
    assert.deepEqual([status, body.errors[0].property], [400, property], path)
  }
})

test('what is wrong with a value is said in plain words', async () => {
  const api = await startApi()
  const cases: [string, object | undefined, string][] = [
    ['connectedAccounts?page=one', undefined, 'page: must be a number'],
    ['connectedAccounts?page=0', undefined, 'page: must be at least 1'],
    ['connectedAccounts?page=1.5', undefined, 'page: must be a whole number'],
    ['connectedAccounts/x?timeoutSeconds=61', undefined, 'timeoutSeconds: must be at most 60'],
    ['connectedAccounts', { app: 'linear', data: 'x' }, 'data: must be an object'],
    ['connectedAccounts', { app: 'linear', entityId: 'x'.repeat(501) }, 'entityId: must have at most 500 characters'],
  ]
  for (const [path, body, message] of cases) {
    const answer = await api.call(body ? 'POST' : 'GET', `/api/v1/${path}`, body)
    assert.deepEqual([answer.status, answer.body.message], [400, message])
  }
})

test('apps and integrations are found by what they are', async () => {
  const api = await startApi()
  const keys = async (path: string) =>
    (await api.call('GET', path)).body.items.map((item: { appId: string }) => item.appId)
  assert.deepEqual(await keys('/api/v1/apps?search=GMA'), ['gmail'])
  assert.deepEqual(await keys('/api/v1/apps?category=project-management'), ['linear'])
  assert.deepEqual(await keys('/api/v1/apps?authScheme=OAUTH2'), ['gmail', 'linear'])
  assert.deepEqual(await keys('/api/v1/integrations?appName=SHOPIFY'), ['shopify'])
  assert.deepEqual(await keys('/api/v1/integrations?authScheme=API_KEY'), ['linear'])
})
