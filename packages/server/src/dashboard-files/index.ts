/**
 * The built dashboard as files: its page at every path that is nobody else's, its assets for ever. It knows nothing of
 * what the page does; that goes through the API like everything else.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { type Context, Hono } from 'hono'

export interface DashboardFilesOptions {
  /** What the build wrote. It may not be there: then nothing is served. */
  folder: string
  /** The public address of this server; the page resolves all others against its path. */
  baseUrl: string
}

/** Paths that belong to other parts of the server, even where those have nothing at a given one. */
const othersPaths =
  /^\/(?:api|v1|v2|connect|oauth|simulator|docs|openapi\.json|healthz|readyz|metrics|favicon\.ico)(?:\/|$)/

/** The page runs its own files and talks to this server; nothing may come from elsewhere, and nobody may frame it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

interface File {
  type: string
  /** By content coding. */
  bytes: { identity: Bytes; br?: Bytes | undefined; gzip?: Bytes | undefined }
}

type Bytes = Uint8Array<ArrayBuffer>

/** Routes for mounting at the root, before those that answer for paths nobody has. */
export function dashboardFiles({ folder, baseUrl }: DashboardFilesOptions): Hono {
  const routes = new Hono()
  const files = readFiles(folder)
  const page = readPage(folder, baseUrl)
  if (page === undefined) return routes.get('/', (c) => c.redirect(`${baseUrl}/docs`))

  routes.get('*', async (c, next) => {
    const { path } = c.req
    const file = files.get(path)
    if (file) return sendFile(c, path, file)
    if (path.startsWith('/assets/') || othersPaths.test(path) || !wantsPage(c)) return next()
    return c.html(page, 200, {
      ...commonHeaders,
      'cache-control': 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    })
  })
  return routes
}

const commonHeaders = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

/** Names under /assets carry a hash of what they hold. */
function sendFile(c: Context, path: string, { type, bytes }: File): Response {
  const accepted = c.req.header('accept-encoding') ?? ''
  const coding = (['br', 'gzip'] as const).find((name) => bytes[name] && new RegExp(`\\b${name}\\b`).test(accepted))
  return c.body(coding ? (bytes[coding] as Bytes) : bytes.identity, 200, {
    ...commonHeaders,
    'content-type': type,
    'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'public, max-age=300',
    vary: 'accept-encoding',
    ...(coding && { 'content-encoding': coding }),
  })
}

/** A browser that goes somewhere asks for HTML first; `curl` and `fetch` do not. */
const wantsPage = (c: Context) => c.req.header('accept')?.includes('text/html') === true

function readPage(folder: string, baseUrl: string): string | undefined {
  const path = join(folder, 'index.html')
  if (!existsSync(path)) return undefined
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '')
  return readFileSync(path, 'utf8').replace(/<base href="[^"]*"/, `<base href="${prefix}/"`)
}

function readFiles(folder: string): Map<string, File> {
  if (!existsSync(folder)) return new Map()
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const read = (name: string): Bytes | undefined =>
    names.includes(name) ? new Uint8Array(readFileSync(join(folder, name))) : undefined
  return new Map(
    names.flatMap((name) => {
      const type = types[extname(name)]
      if (type === undefined) return []
      const bytes = { identity: read(name) as Bytes, br: read(`${name}.br`), gzip: read(`${name}.gz`) }
      return [[`/${name.split(sep).join('/')}`, { type, bytes }] as const]
    }),
  )
}
