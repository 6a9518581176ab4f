import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { renderText, renderUrl, TemplateError, templateNames } from './template.ts'
import { hostileValues } from './testing.ts'

const anyValue = fc.oneof(
  fc.constantFrom(...hostileValues),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.tuple(fc.constantFrom(...hostileValues), fc.string()).map(([head, tail]) => head + tail),
  fc.tuple(fc.webAuthority(), fc.constantFrom('', '#', '/', '?', '\\', '@')).map(([host, end]) => host + end),
)

test('a value in the host never takes the URL out of the domain', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const url = built('https://{v}.svc.example/oauth/token', { v: value })
      if (!url) return
      assert.equal(url.protocol, 'https:')
      assert.ok(url.hostname.endsWith('.svc.example'), url.href)
      assert.equal(url.pathname, '/oauth/token')
      assert.equal(url.username + url.password + url.port + url.hash + url.search, '')
    }),
    { numRuns: 2000 },
  )
})

test('each hostile value is refused in a host by name', () => {
  for (const value of hostileValues) {
    if (['2130706433', '0x7f000001', 'xn--a', 'a..b'].includes(value)) continue
    assert.throws(
      () => renderUrl('https://{shop_name}.svc.example/', { shop_name: value }),
      refusalOf('shop_name'),
      value,
    )
  }
})

test('a whole host cannot become an address the template does not spell', () => {
  for (const value of ['2130706433', '0x7f000001', '0177.0.0.1', '127.1', `${'a.'.repeat(130)}example`])
    assert.throws(() => renderUrl('https://{host}/', { host: value }), refusalOf('host'), value)
})

test('a value in the path stays one segment', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const url = built('https://svc.example/v1/{v}/items?fields=name', { v: value })
      if (!url) return
      const segments = url.pathname.split('/')
      assert.equal(segments.length, 4, url.href)
      assert.deepEqual([segments[1], segments[3]], ['v1', 'items'])
      assert.equal(decodeURIComponent(segments[2] as string), value)
      assert.equal(url.search + url.hash, '?fields=name')
    }),
    { numRuns: 2000 },
  )
})

test('a value in the query stays that one value and may be empty', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const url = built('https://svc.example/a?q={v}&b=1', { v: value })
      if (!url) return
      assert.deepEqual(
        [...url.searchParams],
        [
          ['q', value],
          ['b', '1'],
        ],
      )
      assert.equal(url.pathname, '/a')
    }),
  )
  assert.equal(renderUrl('https://svc.example/a?q={v}', { v: '' }).href, 'https://svc.example/a?q=')
})

test('names are found in order, once each, and GraphQL braces are plain text', () => {
  assert.deepEqual(templateNames('https://{b}.example/{a}/{b}?x={ a }'), ['b', 'a'])
  assert.deepEqual(templateNames('{ viewer { id } }'), [])
})

test('a name without a value is named, even if objects have such a property', () => {
  assert.throws(() => renderText('Bearer {constructor}', {}), refusalOf('constructor'))
  assert.equal(renderText('Bearer {token}', { token: '$& {x}' }), 'Bearer $& {x}')
})

test('hosts of templates may be loopback addresses with a port', () => {
  assert.equal(renderUrl('http://[::1]:8080/token', {}).href, 'http://[::1]:8080/token')
  assert.equal(renderUrl('http://127.0.0.1:8080/token', {}).href, 'http://127.0.0.1:8080/token')
  assert.equal(renderUrl('https://svc.example:443/token', {}).href, 'https://svc.example/token')
})

function built(template: string, values: Record<string, string>): URL | undefined {
  try {
    return renderUrl(template, values)
  } catch (error) {
    assert.ok(error instanceof TemplateError, String(error))
    return undefined
  }
}

const refusalOf = (param: string) => (error: unknown) => error instanceof TemplateError && error.param === param
