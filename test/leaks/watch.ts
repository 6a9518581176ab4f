/**
 * Loaded before everything else (`node --import`), it watches one process of a test run: every secret the server makes, is given
 * or seals is noted, and whatever the server writes is kept: log lines at debug level, refusals, pages, figures, spans, and
 * database files when their folder is removed. `search.ts` then looks for the first in the second.
 *
 * The sources are changed as they are loaded, at three places. One that is no longer there is an error: a watch that sees
 * nothing would find nothing.
 */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import fsPromises from 'node:fs/promises'
import { type IncomingMessage, ServerResponse } from 'node:http'
import { registerHooks, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

const folder = process.env.HOLDFAST_LEAK_FOLDER
if (!folder) throw new Error('HOLDFAST_LEAK_FOLDER is not set')
const fileOf = (kind: string, extension = 'txt') => join(folder, `${kind}-${process.pid}.${extension}`)
const keep = (kind: string, text: string | Uint8Array) => appendFileSync(fileOf(kind), text)

/* ── What is secret ── */

/** Shorter ones stand in texts by chance. */
const shortest = 16
const known = new Set<string>()

const isSecretName = (name: string) =>
  /token|secret|password|key|verifier|code|credential/i.test(name) && !/type|expires|url|endpoint|_id$/i.test(name)

function note(text: string): void {
  if (text.length < shortest || /\s/.test(text) || known.has(text)) return
  known.add(text)
  appendFileSync(fileOf('secrets', 'jsonl'), `${JSON.stringify(text)}\n`, { mode: 0o600 })
}

/** A sealed value is a secret, or JSON with secrets among other things. */
function noteSealed(plaintext: string): void {
  try {
    noteMembers(JSON.parse(plaintext) as unknown, '')
  } catch {
    note(plaintext)
  }
}

function noteMembers(value: unknown, name: string): void {
  if (typeof value === 'string') {
    if (isSecretName(name)) note(value)
  } else if (Array.isArray(value)) for (const item of value) noteMembers(item, name)
  else if (typeof value === 'object' && value !== null)
    for (const [member, inner] of Object.entries(value)) noteMembers(inner, member)
}

/* ── What is written ── */

interface Destination {
  write(line: string): unknown
}

const watching = {
  secret: note,
  sealed: noteSealed,
  span: (body: string) => keep('traces', `${body}\n`),
  level: (asked: string) => (['silent', 'info', 'warn', 'error', 'fatal'].includes(asked) ? 'debug' : asked),
  /** What the server was not told to print goes into the file alone. */
  log: (inner: Destination, asked: string): Destination => ({
    write(line) {
      keep('logs', line)
      if (asked !== 'silent') inner.write(line)
    },
  }),
}
;(globalThis as unknown as Record<symbol, unknown>)[Symbol.for('holdfast.leaks')] = watching

const watch = "globalThis[Symbol.for('holdfast.leaks')]"
const changes: readonly { file: string; from: string | RegExp; to: string }[] = [
  { file: '/server/src/secret.ts', from: 'this.#value = value', to: `${watch}.secret(value); this.#value = value` },
  { file: '/server/src/log.ts', from: 'level: logLevel', to: `level: ${watch}.level(logLevel)` },
  {
    file: '/server/src/log.ts',
    from: /pino\.destination\(\{[^)]*\}\)/,
    to: `${watch}.log($&, logLevel)`,
  },
  {
    file: '/server/src/integrity.ts',
    from: 'seal: (plaintext, place) => vault',
    to: `seal: (plaintext, place) => (${watch}.sealed(plaintext), vault)`,
  },
  { file: '/telemetry/testing/collector.ts', from: 'received += body', to: `received += body; ${watch}.span(body)` },
]

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const wanted = changes.filter(({ file }) => url.endsWith(file))
    if (wanted.length === 0 || loaded.source === undefined || loaded.source === null) return loaded
    let source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
    for (const { file, from, to } of wanted) {
      const changed = source.replace(from, to)
      if (changed === source) throw new Error(`the leak check no longer finds its place in ${file}: ${from}`)
      source = changed
    }
    return { ...loaded, source }
  },
})

/** Ours, and not those of the apps that tests play. */
const ownPaths = /^\/(?:api\/|v1\/|v2\/|connect\/|oauth\/|metrics|docs|healthz|readyz)/
const mostKept = 4 * 1024 * 1024
const bodies = new WeakMap<ServerResponse, Buffer[]>()
const { write, end } = ServerResponse.prototype
const gather = (response: ServerResponse, chunk: unknown) => {
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return
  const parts = bodies.get(response) ?? []
  bodies.set(response, parts)
  if (parts.length < 1000) parts.push(Buffer.from(chunk as string).subarray(0, mostKept))
}

/** Good answers of the API may hold credentials, for that is what they are for. All others may not. */
ServerResponse.prototype.write = function watched(this: ServerResponse<IncomingMessage>, ...args: unknown[]) {
  gather(this, args[0])
  return (write as (...given: unknown[]) => boolean).apply(this, args)
} as typeof write
ServerResponse.prototype.end = function watched(this: ServerResponse<IncomingMessage>, ...args: unknown[]) {
  gather(this, args[0])
  const type = String(this.getHeader('content-type') ?? '')
  if (ownPaths.test(this.req.url ?? '') && (this.statusCode >= 300 || /^text\//.test(type))) {
    const location = this.statusCode < 400 ? String(this.getHeader('location') ?? '') : ''
    keep('answers', `${this.req.method} ${this.statusCode} ${location}\n`)
    for (const part of bodies.get(this) ?? []) keep('answers', part)
    keep('answers', '\n')
  }
  return (end as (...given: unknown[]) => ServerResponse).apply(this, args)
} as typeof end

let removed = 0
const { rm } = fsPromises
fsPromises.rm = async (path, options) => {
  const from = String(path)
  if (existsSync(join(from, 'holdfast.db'))) {
    const to = join(folder, `database-${process.pid}-${removed++}`)
    mkdirSync(to, { recursive: true })
    for (const entry of readdirSync(from, { withFileTypes: true }))
      if (entry.isFile() && entry.name.startsWith('holdfast.db'))
        copyFileSync(join(from, entry.name), join(to, entry.name))
    const spool = join(from, 'spool')
    if (existsSync(spool))
      for (const name of readdirSync(spool)) copyFileSync(join(spool, name), join(to, `spool-${name}`))
  }
  return rm(path, options)
}
syncBuiltinESMExports()
