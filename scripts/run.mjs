// What `npm start`, `npm test` and `npm run …` call. It runs on the machine's own Node (20 or newer), sees to it that the
// packages are there, and hands over to the Node that one of them brings. Plain JavaScript for that reason.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check } from './check.mjs'
import { buildDashboard } from './dashboard.mjs'
import { auditDependencies, writeSbom } from './dependencies.mjs'
import { searchForLeaks } from './leaks.mjs'
import { isAtLeast, setUp } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const biome = join('node_modules', '@biomejs', 'biome', 'bin', 'biome')
const testFiles = ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts']

/** The scripts that write checked-in files. Each of them takes `--check`: write nothing, fail if a file is stale. */
const generators = {
  catalog: 'packages/catalog/scripts/generate.ts',
  openapi: 'packages/server/scripts/openapi.ts',
  events: 'packages/server/scripts/events.ts',
}

const commands = {
  start: (node, args) => {
    buildDashboard(root, node)
    return run(node, ['packages/server/src/main.ts', 'serve', ...args])
  },
  holdfast: (node, args) => run(node, ['packages/server/src/main.ts', ...args]),
  demo: (node, args) => run(node, ['demo/main.ts', ...args]),
  test: (node, args) => {
    const isSearched = process.env.HOLDFAST_SEARCH_LEAKS === '1'
    // It is for this command alone; servers that tests start would ask what it is.
    delete process.env.HOLDFAST_SEARCH_LEAKS
    return isSearched ? commands.leaks(node, args) : runTests(node, args)
  },
  leaks: (node, args) => searchForLeaks(root, (environment) => runTests(node, args, environment)),
  fuzz: (node, args) => run(node, ['fuzz/main.ts', ...args]),
  sbom: (node) => writeSbom(root, node),
  audit: (node) => auditDependencies(root, node),
  check: (node) =>
    check(root, node, {
      types: [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'],
      'dashboard types': [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'packages/dashboard'],
      lint: [biome, 'check', '--error-on-warnings'],
      architecture: ['--test', '--test-reporter=spec', 'test/architecture.test.ts'],
      ...Object.fromEntries(Object.entries(generators).map(([name, script]) => [name, [script, '--check']])),
    }),
  bench: async (node, args) => {
    const known = readdirSync(join(root, 'bench'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.replace(/\.ts$/, ''))
    const [wanted, ...rest] = args
    if (wanted === undefined || wanted.startsWith('-')) {
      const begun = await run(node, [join('bench', 'hot-path.ts'), ...args])
      return begun === 0 && wanted === undefined ? run(node, [join('bench', 'webhooks.ts')]) : begun
    }
    if (known.includes(wanted)) return run(node, [join('bench', `${wanted}.ts`), ...rest])
    process.stdout.write(
      `Usage: npm run bench               the hot path, then webhooks\n       npm run bench <name>\n\n${known.map((name) => `  ${name}`).join('\n')}\n`,
    )
    return 2
  },
  'apps:new': (node, args) => run(node, ['packages/catalog/scripts/new-app.ts', ...args]),
  'apps:check': async (node, [key, ...options]) => {
    const code = await run(node, [generators.catalog, ...(key === undefined ? [] : [key])])
    if (code !== 0) return code
    if (key !== undefined) process.env.HOLDFAST_CHECK_APP = key
    return run(node, ['--test', '--test-reporter=spec', ...options, 'test/every-app.test.ts'])
  },
  format: (node) => run(node, [biome, 'check', '--write']),
  generate: async (node) => {
    for (const script of Object.values(generators)) {
      const code = await run(node, [script])
      if (code !== 0) return code
    }
    return 0
  },
}

if (!isAtLeast(process.versions.node, [20, 0])) {
  fail(`Holdfast needs Node.js 20 or newer to begin with; this is ${process.version}. See https://nodejs.org.`)
}
const [name, ...args] = process.argv.slice(2)
const command = commands[name]
if (!command) fail(`Usage: node scripts/run.mjs <${Object.keys(commands).join('|')}> [arguments]`)
try {
  process.exitCode = await command(await setUp(root), args)
} catch (error) {
  fail(error.message)
}

function runTests(node, args, environment = {}) {
  buildDashboard(root, node)
  const files = args.filter((arg) => !arg.startsWith('-'))
  const options = args.filter((arg) => arg.startsWith('-'))
  const own = ['--test', '--test-concurrency=2', '--test-timeout=300000', '--test-reporter=spec']
  return run(node, [...own, ...options, ...(files.length > 0 ? files : testFiles)], environment)
}

/** Runs Node with these arguments on this terminal. @returns Its exit code, or 128 + the number of the signal that ended it. */
function run(node, nodeArgs, environment = {}) {
  const child = spawn(node, nodeArgs, {
    cwd: root,
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), ...process.env, ...environment },
  })
  forwardSignals(child)
  stopWithNpm(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}

/**
 * A service manager signals this process only, so it is passed on. Ctrl-C in a terminal reaches the child by itself: the
 * first one is left to it, since a server takes a second one for impatience.
 */
function forwardSignals(child) {
  let interrupts = 0
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  process.on('SIGINT', () => {
    interrupts += 1
    if (!process.stdin.isTTY || interrupts > 1) child.kill('SIGINT')
  })
}

/**
 * npm signals only the shell between it and us, and says nothing when it is killed outright. Either way we get another
 * parent; a server nobody knows about would keep the port.
 */
function stopWithNpm(child) {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 200)
  watch.unref()
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
