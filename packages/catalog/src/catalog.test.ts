import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { titleToSlug } from 'simple-icons/sdk'
import { renderAuth, renderCallUrl } from './auth-params.ts'
import { checkParams } from './expected-params.ts'
import { appJsonSchema } from './json-schema.ts'
import { loadCatalog, readDefinitions } from './load.ts'
import { appLogo, monogramColours } from './logo.ts'
import { matchesPattern } from './pattern.ts'
import { insecureUrls } from './schema.ts'
import { renderText, renderUrl } from './template.ts'
import { exampleValues, schemeOf } from './testing.ts'

const catalog = loadCatalog()
const everyScheme = [...catalog.values()].flatMap((app) => app.authSchemes.map((scheme) => ({ app, scheme })))

/** What clients of the first days look for, and what their guides say it asks for. */
const seeded: Record<string, [scheme: string, ...required: string[]]> = {
  discord: ['OAUTH2'],
  github: ['OAUTH2'],
  gmail: ['OAUTH2'],
  googlecalendar: ['OAUTH2'],
  googledrive: ['OAUTH2'],
  hubspot: ['OAUTH2'],
  jira: ['OAUTH2'],
  linear: ['API_KEY', 'api_key'],
  notion: ['OAUTH2'],
  openai: ['API_KEY', 'api_key'],
  salesforce: ['OAUTH2'],
  shopify: ['OAUTH2', 'shop_name'],
  slack: ['OAUTH2'],
  stripe: ['API_KEY', 'api_key'],
  zendesk: ['OAUTH2', 'subdomain'],
}

test('the apps that published clients know prefer the scheme they expect, and ask for what they say', () => {
  const found = Object.keys(seeded).map((key) => {
    const [preferred] = catalog.get(key)?.authSchemes ?? []
    const required = preferred?.params.filter((param) => param.required && param.default === undefined) ?? []
    return [key, [preferred?.scheme, ...required.map((param) => param.name)]]
  })
  assert.deepEqual(Object.fromEntries(found), seeded)
})

test('the catalog holds hundreds of apps; those of one source only are asked for', () => {
  assert.ok(catalog.size >= 600, String(catalog.size))
  assert.ok([...catalog.values()].every((app) => !app.unverified))
  const everything = loadCatalog({ unverified: true })
  const added = [...everything.values()].filter((app) => app.unverified)
  assert.ok(added.length >= 200 && everything.size === catalog.size + added.length)
  assert.deepEqual([...everything.keys()], [...everything.keys()].toSorted())
})

test('no two apps share a name, however earlier clients would write it', () => {
  const owners = new Map<string, string>()
  for (const { key, aliases } of loadCatalog({ unverified: true }).values())
    for (const name of new Set([key, ...aliases].map((name) => name.replace(/[-_]/g, '')))) {
      assert.equal(owners.get(name), undefined, `${name}: ${key} and ${owners.get(name)}`)
      owners.set(name, key)
    }
})

test('the whole catalog is read in less than 100 ms', () => {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now()
    const apps = [...loadCatalog({ unverified: true }).values()]
    assert.ok(apps.length > 1000)
    return performance.now() - began
  })
  assert.ok(Math.min(...times) < 100, String(times))
})

test('every app says where its values come from, needs TLS, and describes the scopes it asks for', () => {
  for (const app of catalog.values()) {
    assert.ok(app.source && app.description && app.categories.length > 0, app.key)
    assert.ok(app.sources !== undefined || app.testCall, app.key)
    assert.deepEqual(insecureUrls(app), [])
    for (const scheme of app.authSchemes) {
      if (scheme.scheme !== 'OAUTH2') continue
      const described = scheme.scopes.described.map((scope) => scope.name)
      for (const scope of [...scheme.scopes.default, ...scheme.scopes.required])
        assert.ok(described.includes(scope), `${app.key}: ${scope}`)
      assert.ok(
        scheme.setup?.steps.some((step) => step.includes('redirect URI shown by Holdfast')),
        app.key,
      )
    }
  }
})

test('no text of the catalog is markup, and none holds what cannot be seen', () => {
  for (const app of loadCatalog({ unverified: true }).values())
    for (const text of textsIn(app)) {
      assert.doesNotMatch(text, /<[a-z/!]|javascript:|data:text/i, app.key)
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, app.key)
    }
})

test('every app and scheme fills its calls and endpoints from example values', () => {
  for (const { app, scheme } of everyScheme) {
    const values = exampleValues(scheme)
    const auth = renderAuth(app, scheme, values)
    if (scheme.baseUrl ?? app.baseUrl) assert.match(auth.baseUrl, /^https:\/\/[^{}]+[^/]$/)
    if ('send' in scheme && scheme.send.length > 0)
      assert.ok(
        Object.values({ ...auth.headers, ...auth.query, ...auth.body }).some((value) => value.length > 0),
        app.key,
      )
    assert.doesNotMatch(JSON.stringify(auth), /[{]\w+[}]/)
    for (const call of [scheme.testCall ?? app.testCall, scheme.identity ?? app.identity])
      if (call) assert.equal(renderCallUrl(call, auth.baseUrl, values).protocol, 'https:')
    if (scheme.scheme !== 'OAUTH2') continue
    for (const url of [scheme.authorizationEndpoint, scheme.tokenEndpoint, scheme.revocationEndpoint])
      if (url) assert.equal(renderUrl(url, values).protocol, 'https:')
    const revocation = scheme.revocationCall
    if (revocation) {
      const known = { ...values, token: 'token-1' }
      assert.equal(renderCallUrl(revocation, auth.baseUrl, known).protocol, 'https:')
      for (const text of Object.values({ ...revocation.headers, ...revocation.body })) renderText(text, known)
    }
    for (const text of Object.values(scheme.callbackParams)) renderText(text, values)
  }
})

test('the examples and defaults of params are accepted by the checks', () => {
  for (const { app, scheme } of everyScheme) {
    const data = Object.fromEntries(scheme.params.map((param) => [param.name, exampleValues(scheme)[param.name]]))
    assert.deepEqual(checkParams(app, scheme, data).problems, [], app.key)
    for (const param of scheme.params)
      if (param.pattern && param.example && !param.example.endsWith('…'))
        assert.ok(matchesPattern(param.pattern, param.example), `${app.key} ${param.name}`)
  }
})

test('credentials go where each app wants them', () => {
  const sent = (key: string, scheme: Parameters<typeof schemeOf>[1]) => {
    const app = catalog.get(key)
    assert.ok(app)
    return renderAuth(app, schemeOf(app, scheme), exampleValues(schemeOf(app, scheme)))
  }
  assert.equal(sent('linear', 'API_KEY').headers.Authorization, 'secret-1')
  assert.equal(sent('discord', 'API_KEY').headers.Authorization, 'Bot secret-1')
  assert.equal(sent('github', 'OAUTH2').headers['User-Agent'], 'Holdfast')
  assert.equal(sent('shopify', 'OAUTH2').headers['X-Shopify-Access-Token'], 'access_token-1')
  assert.equal(sent('shopify', 'OAUTH2').baseUrl, 'https://acme-store.myshopify.com')
  assert.equal(sent('jira', 'OAUTH2').baseUrl, 'https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789')
  assert.equal(sent('jira', 'BASIC').baseUrl, 'https://acme.atlassian.net')
  const basic = Buffer.from('secret-1/token:secret-1').toString('base64')
  assert.equal(sent('zendesk', 'BASIC').headers.Authorization, `Basic ${basic}`)
})

test('logos are the brand icon in its colour, or letters that can be read', () => {
  const icons: { title: string; slug?: string; hex: string }[] = JSON.parse(
    readFileSync(new URL(import.meta.resolve('simple-icons/icons.json')), 'utf8'),
  )
  const colours = new Map(icons.map(({ title, slug, hex }) => [slug ?? titleToSlug(title), `#${hex}`]))
  for (const app of catalog.values()) {
    const svg = appLogo(app)
    assert.match(svg, /^<svg .*<\/svg>$/s)
    assert.equal(svg.includes('<path'), app.logo !== undefined, app.key)
    if (app.logo) assert.equal(app.logo.color, colours.get(app.logo.simpleIcon), app.key)
  }
  assert.match(
    appLogo({ key: 'x', name: '<Big & Co>', logo: undefined }),
    /<title>&#60;Big &#38; Co&#62;<\/title>.*>BC</,
  )
  assert.match(appLogo({ key: 'gone', name: 'Gone', logo: { simpleIcon: 'no_such_icon' } }), /<rect/)
  for (const colour of monogramColours) assert.ok(contrastWithWhite(colour) >= 4.5, colour)
})

test('a definition that is wrong stops the reading with its file and field', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return () => readDefinitions(pathToFileURL(`${folder}/`))
  }
  try {
    assert.throws(write('acme.json', '{'), /acme\.json is not JSON/)
    const definition = { key: 'acme', name: 'Acme', authSchemes: [{ scheme: 'OAUTH2', label: 'x' }] }
    assert.throws(write('acme.json', JSON.stringify(definition)), /acme\.json.*authSchemes\.0\.tokenEndpoint/)
    const other = JSON.stringify({ ...definition, key: 'other', authSchemes: [{ scheme: 'NO_AUTH', label: 'x' }] })
    assert.throws(write('acme.json', other), /acme\.json holds the app other/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the JSON Schema for editors is the one in the repository, and every file points at it', () => {
  const written = JSON.parse(readFileSync(new URL('../app.schema.json', import.meta.url), 'utf8'))
  assert.deepEqual(JSON.parse(JSON.stringify(appJsonSchema())), written)
  const apps = new URL('../apps/', import.meta.url)
  for (const file of readdirSync(apps))
    assert.equal(JSON.parse(readFileSync(new URL(file, apps), 'utf8')).$schema, '../app.schema.json', file)
})

/** Every text of a definition, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrastWithWhite(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
}
