import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('..', import.meta.url)
const text = readFileSync(new URL('docs/threat-model.md', root), 'utf8')

/** `path`: title, up to the next `·`. */
const named = [...text.matchAll(/`((?:test|packages)\/[^`]+\.test\.ts)`(?:: ([^·|]+?))?(?= ·| \||$)/gm)].map(
  ([, path = '', title]) => ({ path, title: title?.trim() }),
)

test('every promise of the threat model names a test that exists', () => {
  const promises = text
    .slice(text.indexOf('## In scope'), text.indexOf('## Out of scope'))
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| promise'))
  assert.ok(promises.length >= 15)
  for (const line of promises) assert.match(line, /`(?:test|packages)\/[^`]+\.test\.ts`/, line)
  assert.ok(named.length >= promises.length)
  for (const { path, title } of named) {
    assert.ok(existsSync(new URL(path, root)), path)
    if (title !== undefined)
      assert.ok(readFileSync(new URL(path, root), 'utf8').includes(title), `${path} has no test named: ${title}`)
  }
})
