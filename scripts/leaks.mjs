// `npm run leaks`: the whole test suite at debug level, watched; then everything it wrote is searched for every secret it used.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** @param runTests Runs the suite with these variables. @returns The exit code: 0 when the tests passed and nothing was found. */
export async function searchForLeaks(root, runTests) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-leaks-'))
  try {
    const watch = pathToFileURL(join(root, 'test', 'leaks', 'watch.ts')).href
    const tests = await runTests({ HOLDFAST_LEAK_FOLDER: folder, NODE_OPTIONS: `--import=${watch}` })
    const node = join(root, 'node_modules', '.bin', 'node')
    const search = spawnSync(node, [join(root, 'test', 'leaks', 'search.ts'), folder], { stdio: 'inherit' })
    return tests || (search.status ?? 1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
