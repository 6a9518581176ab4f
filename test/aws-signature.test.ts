/** Keys of AWS: they sign each call and are never sent. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { awsSignatureHeaders } from '@holdfast/catalog'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'

const data = {
  access_key_id: 'AKIAIOSFODNN7EXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'eu-central-1',
  service: 's3',
}

interface Signed {
  url: string
  headers: Record<string, string>
}

let server: TestServer
let api: Api
before(async () => {
  server = await startTestServer()
  api = apiOf(server)
})
after(() => server.close())

const sign = async (id: string, call: Record<string, unknown>) =>
  ok(await api.post<Signed>(`/api/v1/connectedAccounts/${id}/signature`, call))

describe('an account of AWS', () => {
  it('is proved by a signed call when it is connected', async () => {
    const account = await api.connect({ app: 'aws', data })
    assert.equal(account.verification, 'verified')
    const refused = await api.post('/api/v1/connectedAccounts', {
      app: 'aws',
      entityId: newEntity(),
      data: { ...data, access_key_id: 'AKIAinvalid' },
    })
    assertRefused(refused, { status: 400, code: 'credential_refused' })
  })

  it('hands out the base URL and nothing that could be sent', async () => {
    const account = await api.connect({ app: 'aws', data })
    const { base_url, params, body } = ok(await api.info(account.id))
    assert.match(base_url, /s3\.eu-central-1\.amazonaws\.com$/)
    assert.deepEqual([params, body], [[], {}])
  })

  it('signs the very call that is named: method, address, headers and body', async () => {
    const account = await api.connect({ app: 'aws', data })
    const headers = { 'content-type': 'text/plain' }
    const call = { method: 'put', url: '/bucket/a b?x=1', headers, body: 'text' }
    const signed = await sign(account.id, call)
    const at = (signed.headers['x-amz-date'] ?? '').replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      '$1-$2-$3T$4:$5:$6Z',
    )
    const expected = awsSignatureHeaders(
      { method: 'PUT', url: new URL(signed.url), headers, body: 'text' },
      { accessKeyId: data.access_key_id, secretAccessKey: data.secret_access_key },
      { region: data.region, service: data.service, at: new Date(at) },
    )
    assert.deepEqual(signed.headers, expected)
    const sent = await fetch(signed.url, { method: 'PUT', headers: { ...headers, ...signed.headers }, body: 'text' })
    assert.equal(sent.status, 200)
    const hashed = await sign(account.id, {
      ...call,
      body: undefined,
      bodySha256: createHash('sha256').update('text').digest('hex'),
    })
    assert.equal(hashed.headers['x-amz-content-sha256'], expected['x-amz-content-sha256'])
  })

  it('signs for the service and region that the address names', async () => {
    const account = await api.connect({ app: 'aws', data })
    const scopeOf = async (url: string) =>
      /Credential=[^/]+\/\d+\/([^,]+)\/aws4_request/.exec(
        (await sign(account.id, { method: 'GET', url })).headers.authorization ?? '',
      )?.[1]
    assert.equal(await scopeOf('https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity'), 'us-east-1/sts')
    assert.equal(await scopeOf('https://bucket.s3.eu-central-1.amazonaws.com/key'), 'eu-central-1/s3')
    assert.equal(await scopeOf('/bucket'), 'eu-central-1/s3')
  })

  it('signs with the session token of temporary keys', async () => {
    const account = await api.connect({ app: 'aws', data: { ...data, session_token: 'token of the session' } })
    const { headers } = await sign(account.id, { method: 'GET', url: '/bucket' })
    assert.equal(headers['x-amz-security-token'], 'token of the session')
    assert.match(headers.authorization ?? '', /SignedHeaders=[^,]*x-amz-security-token/)
  })
})
