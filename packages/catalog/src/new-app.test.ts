import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readDefinitions } from './load.ts'

const folder = mkdtempSync(join(tmpdir(), 'new-app-'))
after(() => rmSync(folder, { recursive: true }))

const script = fileURLToPath(new URL('../scripts/new-app.ts', import.meta.url))
const run = (key: string) => spawnSync(process.execPath, [script, key, folder], { encoding: 'utf8' })

test('a new app begins with a file that says which fields are to be filled in', () => {
  const { status, stdout } = run('acme-crm')
  assert.equal(status, 0)
  assert.match(stdout, /npm run apps:check acme-crm/)
  const read = () => readDefinitions(pathToFileURL(`${folder}/`))
  for (const field of ['name', 'source.url', 'authSchemes.0.tokenEndpoint', 'authSchemes.1.params.0.label'])
    assert.throws(read, new RegExp(`acme-crm\\.json.*[ ;]${field.replaceAll('.', '\\.')}: `))
})

test('a key that is none, or is taken, begins nothing', () => {
  assert.match(run('Acme CRM').stderr, /lower-case letters and digits/)
  assert.equal(run('acme-crm').status, 1)
})
