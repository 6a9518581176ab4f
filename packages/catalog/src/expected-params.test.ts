import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { renderAuth } from './auth-params.ts'
import { checkParams } from './expected-params.ts'
import { loadCatalog } from './load.ts'
import { AppDefinition } from './schema.ts'
import { hostileValues, schemeOf } from './testing.ts'

const catalog = loadCatalog()

function check(appKey: string, scheme: Parameters<typeof schemeOf>[1], data: Record<string, unknown>) {
  const app = catalog.get(appKey)
  assert.ok(app)
  return checkParams(app, schemeOf(app, scheme), data)
}

const shop = (shop_name: unknown) => check('shopify', 'OAUTH2', { shop_name })

test('good values come back as they are', () => {
  assert.deepEqual(check('shopify', 'API_KEY', { shop_name: 'acme-store', api_key: 'anything at all' }), {
    values: { shop_name: 'acme-store', api_key: 'anything at all' },
    problems: [],
  })
})

test('what is missing or empty is named, and so is what nobody asked for', () => {
  const { problems } = check('shopify', 'API_KEY', { shop_name: '', shop: 'acme' })
  assert.deepEqual(problems, [
    { name: 'shop_name', message: 'is required' },
    { name: 'api_key', message: 'is required' },
    { name: 'shop', message: 'is not a field of this connection; expected: shop_name, api_key' },
  ])
  assert.deepEqual(check('gmail', 'OAUTH2', { api_key: 'x' }).problems, [
    { name: 'api_key', message: 'is not a field of this connection; nothing is asked for here' },
  ])
})

test('only strings are taken', () => {
  for (const value of [1, true, ['acme'], { toString: () => 'acme' }])
    assert.deepEqual(shop(value).problems, [{ name: 'shop_name', message: 'must be a string' }])
})

test('a pasted address becomes the label that was meant', () => {
  for (const pasted of [
    'acme',
    ' ACME ',
    'acme.myshopify.com',
    'https://Acme.myshopify.com/admin?x=1',
    'acme.myshopify.com/',
  ])
    assert.deepEqual(shop(pasted), { values: { shop_name: 'acme' }, problems: [] }, pasted)
  assert.equal(
    check('zendesk', 'BASIC', { subdomain: 'https://acme.zendesk.com/agent', email: 'a@b.example', api_token: 't' })
      .values.subdomain,
    'acme',
  )
  assert.equal(
    check('jira', 'BASIC', { subdomain: 'https://acme.atlassian.net', email: 'a@b.example', api_token: 't' }).values
      .subdomain,
    'acme',
  )
})

test('hostile values are refused, and whatever passes stays at the domain of the app', () => {
  for (const value of [
    ...hostileValues,
    'https://evil.test/.myshopify.com',
    'evil.test#.myshopify.com',
    'x@evil.test',
    'a.b',
    'evil.test',
  ])
    if (!/^[a-z0-9]+(-+[a-z0-9]+)*$/.test(value) || value.length > 60)
      assert.equal(shop(value).problems[0]?.name, 'shop_name', JSON.stringify(value))
  const app = catalog.get('shopify') as AppDefinition
  const scheme = schemeOf(app, 'API_KEY')
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.webUrl(), fc.constantFrom(...hostileValues)),
      (value) => {
        const { values, problems } = checkParams(app, scheme, { shop_name: value, api_key: 'k' })
        if (problems.length > 0) return
        assert.match(
          renderAuth(app, scheme, { ...values, app_name: 'Holdfast' }).baseUrl,
          /^https:\/\/[a-z0-9-]{1,60}\.myshopify\.com$/,
        )
      },
    ),
  )
})

test('a default is filled in, and a host is held to its wall', () => {
  assert.deepEqual(check('salesforce', 'OAUTH2', {}).values, { login_host: 'login.salesforce.com' })
  assert.deepEqual(check('salesforce', 'OAUTH2', { login_host: 'https://Acme.my.salesforce.com/home' }).values, {
    login_host: 'acme.my.salesforce.com',
  })
  for (const value of [
    'evil.test',
    'login.salesforce.com.evil.test',
    'evil.test/login.salesforce.com',
    'login.salesforce.com:8443',
    'login.salesforce.com\n',
  ])
    if (value.trim() === value)
      assert.equal(check('salesforce', 'OAUTH2', { login_host: value }).problems[0]?.name, 'login_host', value)
})

test('the pattern of a credential refuses nothing', () => {
  assert.deepEqual(check('linear', 'API_KEY', { api_key: 'not the usual form' }).problems, [])
})

test('a credential that could not be sent is refused with the reason, and the message does not hold it', () => {
  const cases: [string, RegExp][] = [
    ['key ', /blank/],
    ['\nkey', /line break/],
    ['ke\r\ny', /invisible/],
    ['ke\0y', /invisible/],
    ['ke\u0085y', /invisible/],
    ['ke\u200by', /invisible/],
    ['kéy', /cannot be sent/],
    ['   ', /only blanks/],
    ['k'.repeat(16 * 1024 + 1), /16 kB/],
  ]
  for (const [value, message] of cases) {
    const [problem] = check('linear', 'API_KEY', { api_key: value }).problems
    assert.match(problem?.message ?? '', message)
    assert.ok(!problem?.message.includes(value.trim() || 'never'))
  }
  assert.deepEqual(check('linear', 'API_KEY', { api_key: 'k'.repeat(16 * 1024) }).problems, [])
})

test('a password may be any text, since it is sent as base64', () => {
  assert.deepEqual(
    check('jira', 'BASIC', { subdomain: 'acme', email: 'a@b.example', api_token: 'pässwörd' }).problems,
    [],
  )
})

test('options are a closed list, values follow their pattern, path parts stay one segment', () => {
  const app = AppDefinition.parse({
    key: 'acme',
    name: 'Acme',
    baseUrl: 'https://{region}.example.com/{tenant}',
    authSchemes: [
      {
        scheme: 'BEARER_TOKEN',
        label: 'Token',
        params: [
          { name: 'token', label: 'Token', role: 'credential' },
          { name: 'region', label: 'Region', role: 'hostLabel', options: ['eu', 'us'] },
          { name: 'tenant', label: 'Tenant', role: 'path', pattern: '^[a-z.]+|[0-9]+$' },
          { name: 'version', label: 'Version', role: 'value', required: false, pattern: '^(a+)+$' },
        ],
      },
    ],
  })
  const [scheme] = app.authSchemes
  assert.ok(scheme)
  const names = (data: Record<string, unknown>) =>
    checkParams(app, scheme, { token: 't', region: 'eu', tenant: 'acme', ...data }).problems.map(({ name }) => name)
  assert.deepEqual(names({}), [])
  assert.deepEqual(names({ region: 'evil.test' }), ['region'])
  assert.deepEqual(names({ tenant: '..' }), ['tenant'])
  assert.deepEqual(names({ tenant: 'abc/1' }), ['tenant'])
  // A pattern that backtracks without end matches nothing instead of stopping the process.
  assert.deepEqual(names({ version: `${'a'.repeat(100)}!` }), ['version'])
})

test('names that every object has are no values', () => {
  assert.deepEqual(check('linear', 'API_KEY', Object.create({ api_key: 'inherited' })).problems, [
    { name: 'api_key', message: 'is required' },
  ])
})
