import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderUrl } from '@holdfast/catalog'
import fc from 'fast-check'
import { localPath, parseAddress, simulatedUrl, urlPattern } from './address.ts'

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?$/)
const literal = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@ -]{1,12}$/).filter((text) => !/^\.{1,2}$/.test(text))
const segmentValue = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((text) => !/^\.{1,2}$/.test(text))

test('a filled template is mapped to the simulator and read back with the same values', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('http://127.0.0.1:4280', 'https://holdfast.example', 'https://example.com/tools/holdfast'),
      fc.record({ projectId: fc.string({ minLength: 1 }).filter(isSegment), appKey: label }),
      label,
      fc.oneof(
        label,
        fc.tuple(label, label).map((parts) => parts.join('.')),
      ),
      literal,
      segmentValue,
      fc.constantFrom('', '?a=1&b=%2F', '?q=%F0%9F%98%80'),
      (baseUrl, place, shop, region, fixed, tenant, query) => {
        const template = `https://{shop}-x.api.{region}.example:8443/v1/${encodeURI(fixed)}/{tenant}/end${query}`
        const values = { shop, region: region.replaceAll('.', '-'), tenant }
        const url = renderUrl(template, values)
        const simulated = simulatedUrl(baseUrl, place.projectId, place.appKey, url)
        assert.ok(simulated.href.startsWith(`${baseUrl}/simulator/`))
        assert.equal(simulated.search, url.search)
        const address = parseAddress(localPath(baseUrl, new URL(simulated.href)))
        assert.deepEqual(address, { ...place, host: url.host, path: url.pathname })
        assert.deepEqual(address && urlPattern(template, 'whole').match(address), values)
        assert.deepEqual(
          address && urlPattern(template.slice(0, template.indexOf('/end')), 'below').match(address),
          values,
        )
      },
    ),
  )
})

test('a host name stands for dotted names unless it is one label', () => {
  const template = 'https://{shop}.example.com/x'
  const address = { host: 'a.b.example.com', path: '/x' }
  assert.deepEqual(urlPattern(template, 'whole').match(address), { shop: 'a.b' })
  assert.equal(urlPattern(template, 'whole', new Set(['shop'])).match(address), undefined)
})

test('nothing but DNS labels passes for a host value, nothing but a segment for a path value', () => {
  const pattern = urlPattern('https://{shop}.example.com/{tenant}/x', 'whole')
  for (const host of ['.example.com', '-a.example.com', 'a..example.com', 'a_b.example.com', 'a.example.com.evil.com'])
    assert.equal(pattern.match({ host, path: '/t/x' }), undefined, host)
  for (const path of ['//x', '/a/b/x', '/%2e%2e/x', '/%/x', '/t/x/', '/t/y'])
    assert.equal(pattern.match({ host: 'a.example.com', path }), undefined, path)
})

test('a pattern that goes below ends at a slash', () => {
  const pattern = urlPattern('https://api.example.com/v1/', 'below')
  assert.deepEqual(pattern.match({ host: 'api.example.com', path: '/v1' }), {})
  assert.deepEqual(pattern.match({ host: 'api.example.com', path: '/v1/a/b' }), {})
  assert.equal(pattern.match({ host: 'api.example.com', path: '/v10' }), undefined)
})

test('a path that names no provider URL is no address', () => {
  for (const path of [
    '/simulator/',
    '/simulator/p/a',
    '/simulator/p/a/x%2Fy/z',
    '/simulator/p/a/u@h/z',
    '/simulator/p/a/UP.com/',
    '/simulator/p/%/h/',
    '/simulator//a/h/',
  ])
    assert.equal(parseAddress(path), undefined, path)
})

function isSegment(text: string): boolean {
  return text.isWellFormed() && !/^\.{1,2}$/.test(text)
}
