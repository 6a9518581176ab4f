import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppDefinition } from '@holdfast/catalog'
import { tryCredential } from './index.ts'

const credential = (name: string) => ({ name, label: name, role: 'credential' as const })
const label = (name: string) => ({ name, label: name, role: 'hostLabel' as const })

describe('a test call that is signed', () => {
  it('goes to another service of the app under the name of that service', async () => {
    const app = AppDefinition.parse({
      key: 'cloud',
      name: 'Cloud',
      baseUrl: 'https://{service}.{region}.cloud.example',
      testCall: { method: 'POST', url: 'https://sts.{region}.cloud.example/?Action=WhoAmI' },
      authSchemes: [
        {
          scheme: 'API_KEY',
          label: 'Keys',
          params: [credential('access_key_id'), credential('secret_access_key'), label('region'), label('service')],
          signing: { algorithm: 'AWS4-HMAC-SHA256' },
        },
      ],
    })
    const [scheme] = app.authSchemes
    assert.ok(scheme)
    const sent: Record<string, string>[] = []
    const verdict = await tryCredential({
      app,
      scheme,
      values: { access_key_id: 'AKID', secret_access_key: 's', region: 'eu-west-1', service: 'storage' },
      resolve: (url) => new URL(`http://127.0.0.1/simulated/${url.host}${url.pathname}`),
      fetch: async (_url, init) => {
        sent.push(init?.headers ?? {})
        return Response.json({})
      },
      now: () => new Date('2026-11-22T12:00:00Z'),
    })
    assert.equal(verdict, 'accepted')
    assert.match(sent[0]?.authorization ?? '', /Credential=AKID\/20261122\/eu-west-1\/sts\/aws4_request/)
    assert.equal(sent[0]?.['x-amz-date'], '20261122T120000Z')
  })
})
