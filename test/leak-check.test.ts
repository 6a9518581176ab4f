/** The leak check finds what it is there to find. `npm run leaks` runs it over the whole suite. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type Searched, searchForLeaks } from './leaks/search.ts'

const fileOf = (name: string) => fileURLToPath(new URL(`leaks/${name}`, import.meta.url))

async function run(planted: string): Promise<Searched> {
  const folder = await mkdtemp(join(tmpdir(), 'leaks-'))
  try {
    const watch = pathToFileURL(fileOf('watch.ts')).href
    await promisify(execFile)(process.execPath, ['--import', watch, fileOf('sample.ts'), planted], {
      env: { ...process.env, HOLDFAST_LEAK_FOLDER: folder },
    })
    return searchForLeaks(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('flows, refusals, pages, figures and the database of a server hold no secret', async () => {
  const { leaks, secrets, files } = await run('nothing')
  assert.deepEqual(leaks, [])
  assert.ok(secrets >= 8, `${secrets} secrets were seen`)
  assert.ok(files >= 3, `${files} files were seen`)
})

test('a secret that is written into the database is found, also in base64', async () => {
  const { leaks } = await run('database')
  assert.ok(
    leaks.some(({ file, form }) => file.startsWith('database-') && form === 'base64'),
    JSON.stringify(leaks),
  )
})
