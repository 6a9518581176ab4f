import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { before, describe, test } from 'node:test'
import { noPython, pythonEnvironment, pythonFolder } from './python-environment.ts'

const checks = {
  'its own tests pass': ['-m', 'pytest', '--quiet', '-m', 'not live_server'],
  'its types hold in strict mode': ['-m', 'mypy'],
  'its sync client is the one made from the async client': ['scripts/unasync.py', '--check'],
}

describe('the Python SDK', () => {
  let python: string | undefined

  before(async () => {
    python = await pythonEnvironment()
  })

  for (const [name, args] of Object.entries(checks)) {
    test(name, (t) => {
      if (!python) return t.skip(noPython)
      const { status, stdout, stderr } = spawnSync(python, args, { cwd: pythonFolder, encoding: 'utf8' })
      assert.equal(status, 0, `${stdout}${stderr}`)
    })
  }
})
