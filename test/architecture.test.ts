import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/* ── The rules ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

/** Which packages a package may import. */
const packagesMayImport: Record<string, readonly string[]> = {
  catalog: [],
  simulator: ['catalog'],
  server: ['catalog', 'simulator'],
  sdk: [],
  dashboard: ['sdk'],
}

/** Which rooms of the server, and which packages, a room may import. The leaves are free to all. */
const roomsMayImport: Record<string, readonly string[]> = {
  http: ['accounts', 'integrations', 'webhooks', 'projects', 'operators', 'audit', 'request-log', 'catalog'],
  'dashboard-files': [],
  connect: ['accounts', 'integrations', 'webhooks', 'projects'],
  jobs: ['accounts', 'webhooks', 'store'],
  accounts: ['integrations', 'oauth', 'vault', 'store', 'catalog'],
  integrations: ['catalog', 'vault', 'store'],
  projects: ['vault', 'store'],
  operators: ['vault', 'store'],
  audit: ['store'],
  'request-log': ['store'],
  oauth: ['catalog', 'egress'],
  webhooks: ['vault', 'store', 'egress'],
  vault: [],
  store: [],
  egress: [],
  telemetry: [],
  doctor: ['store', 'egress', 'catalog'],
}

/** Ports: rooms whose `types.ts` a room may name besides, with `import type`. What fits the shape is handed in by main.ts. */
const roomsMayNameTypesOf: Record<string, readonly string[]> = {
  http: ['simulator', 'vault', 'oauth'],
  accounts: ['egress', 'projects', 'simulator'],
  integrations: ['accounts', 'projects'],
  projects: ['accounts', 'integrations'],
  telemetry: ['egress'],
}

/** Files of the server's root that any room may import. The other files there see all rooms and are imported by none. */
const leaves = ['errors', 'events', 'secret', 'clock', 'ids', 'metrics', 'tracing', 'credential-reads']

/** A room is entered through its door (index.ts) or by the names on it (types.ts). */
const doors = ['index.ts', 'types.ts']

/** Modules that only one room may use, and the files that may besides. */
const ownedModules: readonly { modules: readonly string[]; room: string; besides: readonly string[]; why: string }[] = [
  { modules: ['node:sqlite', 'pg', 'kysely'], room: 'store', besides: [], why: 'SQL lives in store' },
  {
    modules: ['undici', 'node:http', 'node:https', 'node:http2', 'node:net', 'node:tls', 'node:dgram', 'node:dns'],
    room: 'egress',
    besides: ['main.ts', 'server.ts'],
    why: 'egress is the only door out',
  },
]

/** The files of the server that may read the environment. */
const environmentReaders = ['config.ts', 'main.ts']

/** Where an app may be named after all: the API's schemas hold the examples of the reference, and no behaviour. */
const examplesIn = 'packages/server/src/http/schemas/'

/** App keys that are everyday words of code as well, or in the name of a signature or a key service: meeting them in the engine proves nothing. */
const ordinaryWords: readonly string[] =
  'attention aws box buffer close cursor digits drift drip envoy exist flat float folk front grain heap here hex iterable line loops make motion plain ramp render resend segment sender seven square stitch tally tempo timely wave x zero'.split(
    ' ',
  )

/* ── The tests ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

const root = fileURLToPath(new URL('..', import.meta.url))
const files = readSources()

test('there is something to check', () => {
  assert.ok(files.some(({ room }) => room === 'vault'))
})

test('a package imports only the packages it may', () => {
  report(
    files.flatMap((file) =>
      importedPackages(file)
        .filter((name) => name !== file.package && !packagesMayImport[file.package]?.includes(name))
        .map(
          (name) =>
            `${file.path} imports ${name}; ${file.package} may import: ${list(packagesMayImport[file.package])}`,
        ),
    ),
  )
})

test('a room imports only the rooms it may, and enters them by the door', () => {
  report(files.filter(({ room }) => room !== undefined).flatMap(roomProblems))
})

test('a package uses only what its package.json names', () => {
  report(
    files.flatMap((file) => {
      const manifest = JSON.parse(readFileSync(join(root, 'packages', file.package, 'package.json'), 'utf8'))
      const known = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      return file.imports
        .map(({ from }) => from)
        .filter((from) => !from.startsWith('.') && !from.startsWith('node:') && !from.startsWith('@holdfast/'))
        .map((from) => from.match(/^(?:@[^/]+\/)?[^/]+/)![0])
        .filter((name) => !known.includes(name))
        .map((name) => `${file.path} uses ${name}, which is not among the dependencies of its package.json`)
    }),
  )
})

test('the database and the network are each reached from one room', () => {
  report(
    files
      .filter((file) => ['server', 'catalog', 'simulator'].includes(file.package))
      .flatMap((file) =>
        ownedModules
          .filter(({ room, besides }) => file.room !== room && !besides.includes(file.name))
          .flatMap(({ modules, why }) =>
            file.imports
              .filter(({ from, typeOnly }) => !typeOnly && modules.some((module) => isFrom(from, module)))
              .map(({ from }) => `${file.path} imports ${from}; ${why}`),
          ),
      ),
  )
})

test('nobody calls the global fetch: it goes round the address checks', () => {
  report(
    files
      .filter((file) => ['server', 'catalog', 'simulator'].includes(file.package))
      .filter(
        ({ code }) => /\bglobalThis\.fetch\b|(?<![.\w])fetch\((?!\w+\??:|[\w, ]*\) \{)/.test(code) && !bindsFetch(code),
      )
      .map(({ path }) => `${path} calls the global fetch; take one as a parameter, main.ts hands in that of egress`),
  )
})

test('the environment is read in one place', () => {
  report(
    files
      .filter((file) => ['server', 'catalog', 'simulator'].includes(file.package))
      .filter(({ name, code }) => !environmentReaders.includes(name) && /\bprocess\.env\b/.test(code))
      .map(({ path }) => `${path} reads process.env; add a setting to config.ts and take its value as a parameter`),
  )
})

test('the engine names no app', () => {
  const keys = globSync('packages/catalog/apps/*.json', { cwd: root })
    .map((path) => path.split(sep).at(-1)!.replace('.json', ''))
    .filter((key) => !ordinaryWords.includes(key))
  if (keys.length === 0) return
  const word = new RegExp(`(?<![\\w-])(?:${keys.join('|')})(?![\\w-])`, 'gi')
  report(
    files
      .filter((file) => file.package === 'server' && !file.path.startsWith(examplesIn))
      .flatMap(({ path, code }) =>
        [...code.matchAll(word)].map(
          ([name]) =>
            `${path} says "${name}", the key of an app; make the difference a field of the app's definition, or a hook ` +
            '(if it is an everyday word, add it to ordinaryWords in this file)',
        ),
      ),
  )
})

/* ── How a file is read ────────────────────────────────────────────────────────────────────────────────────────────── */

interface Import {
  from: string
  typeOnly: boolean
}

interface Source {
  /** From the root, with forward slashes. */
  path: string
  package: string
  /** Folder below the server's `src`; undefined for the files of its root and for other packages. */
  room: string | undefined
  /** File name for the files of the server's root, else the path below the room. */
  name: string
  imports: Import[]
  /** The text without lines that are only comment. */
  code: string
}

/** Sources that ship. Tests and what only tests use may see everything. */
function readSources(): Source[] {
  return globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !/\.test\.tsx?$|\/testing\/|\/testing\.ts$/.test(path))
    .sort()
    .map((path) => {
      const [, packageName = '', , ...rest] = path.split('/')
      const room = packageName === 'server' && rest.length > 1 ? rest[0] : undefined
      const text = readFileSync(join(root, path), 'utf8')
      const code = text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
      return {
        path,
        package: packageName,
        room,
        name: (room ? rest.slice(1) : rest).join('/'),
        imports: readImports(code),
        code,
      }
    })
}

function readImports(code: string): Import[] {
  const statements = code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[\w\s{},*$]+?\sfrom\s+)?['"]([^'"]+)['"]/gm)
  const calls = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)
  return [
    ...[...statements].map(([, type, from]) => ({ from: from!, typeOnly: type !== undefined })),
    ...[...calls].map(([, from]) => ({ from: from!, typeOnly: false })),
  ]
}

function importedPackages(file: Source): string[] {
  return file.imports.flatMap(({ from }) => {
    const named = from.match(/^@holdfast\/([^/]+)/)?.[1]
    if (named) return [named]
    const reached = from.startsWith('.') ? resolved(file, from).match(/^packages\/([^/]+)\//)?.[1] : undefined
    return reached ? [reached] : []
  })
}

function roomProblems(file: Source): string[] {
  const room = file.room!
  const allowed = roomsMayImport[room]
  if (!allowed) return [`${file.path} is in a room that has no rule; add "${room}" to roomsMayImport`]
  return file.imports.flatMap(({ from, typeOnly }) => {
    const target = from.match(/^@holdfast\/([^/]+)/)?.[1] ?? serverTarget(file, from)
    if (target === undefined || target === room || leaves.includes(target)) return []
    const byName = typeOnly && roomsMayNameTypesOf[room]?.includes(target)
    if (!allowed.includes(target) && !byName)
      return [
        `${file.path} imports ${from}; ${room} may import ${list(allowed)}, and with "import type" the types of ${list(roomsMayNameTypesOf[room])}`,
      ]
    const door = from.split('/').at(-1)!
    const throughTypes = byName && !allowed.includes(target) && from.startsWith('.')
    if (from.startsWith('.') && !(throughTypes ? ['types.ts'] : doors).includes(door))
      return [
        `${file.path} imports ${from}, past the door of ${target}; import its ${throughTypes ? 'types.ts' : list(doors)}`,
      ]
    return []
  })
}

/** The room, or the file of the server's root, that a relative import leads to. */
function serverTarget(file: Source, from: string): string | undefined {
  if (!from.startsWith('.')) return undefined
  const path = resolved(file, from)
  if (!path.startsWith('packages/server/src/')) return undefined
  if (!existsSync(join(root, path))) return undefined
  return path.slice('packages/server/src/'.length).split('/')[0]!.replace(/\.ts$/, '')
}

const resolved = (file: Source, from: string): string =>
  relative(root, join(root, dirname(file.path), from))
    .split(sep)
    .join('/')

const isFrom = (from: string, module: string): boolean => from === module || from.startsWith(`${module}/`)

/** `{ fetch }`, `(fetch: Fetch)`, `fetch = …`: the file uses one that was handed to it. */
const bindsFetch = (code: string): boolean => /(?:[{,(]|\bconst)\s*fetch\s*(?:[,}=:?]|\)\s*=>)/.test(code)

const list = (names: readonly string[] | undefined): string => (names?.length ? names.join(', ') : 'nothing')

function report(problems: string[]): void {
  assert.equal(problems.length, 0, `\n  ${problems.join('\n  ')}\n`)
}
