import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Context, Hono } from 'hono'
import type { BrandingService } from '../projects/types.ts'
import { colourSheet } from './brand.ts'

const types = {
  'connect.css': 'text/css; charset=utf-8',
  'dark.css': 'text/css; charset=utf-8',
  'connect.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const
export type AssetName = keyof typeof types

/** The pages' own files. Nothing on a page comes from anywhere else. */
export function loadAssets() {
  const names = Object.keys(types) as AssetName[]
  const files = names.map((name) => fileOf(name, readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8')))
  return new Map(files.map((file) => [file.name, file]))
}
export type Assets = ReturnType<typeof loadAssets>

const fileOf = (name: AssetName, text: string) => ({ name, text, hash: hashOf(text) })

const hashOf = (text: string | Uint8Array) => createHash('sha256').update(text).digest('base64url').slice(0, 16)

/** @param logo The SVG text of an app's logo. */
export function assetRoutes(
  assets: Assets,
  logo: (appKey: string) => string | undefined,
  branding?: Pick<BrandingService, 'logo'>,
): Hono {
  const routes = new Hono()
  for (const { name, text, hash } of assets.values())
    routes.get(`/connect/assets/${name}`, (c) => {
      // The address a page uses names the content, so it never changes; any other address is asked for again.
      const cacheControl = c.req.query('v') === hash ? 'public, max-age=31536000, immutable' : 'public, no-cache'
      return fileAnswer(c, text, types[name], hash, cacheControl)
    })
  routes.get('/connect/assets/logos/:file{[a-z0-9_-]+\\.svg}', (c) => {
    const svg = logo(c.req.param('file').slice(0, -'.svg'.length))
    return svg === undefined
      ? c.text('No such logo', 404)
      : fileAnswer(c, svg, types['icon.svg'], hashOf(svg), 'public, max-age=86400')
  })
  routes.get('/connect/assets/colours/:file{[0-9a-f]{6}-(?:light|dark)\\.css}', (c) => {
    const [hex = '', theme] = c.req.param('file').slice(0, -'.css'.length).split('-')
    const sheet = colourSheet(hex, theme === 'dark' ? 'dark' : 'light')
    return fileAnswer(c, sheet, types['connect.css'], hashOf(sheet), 'public, max-age=86400')
  })
  routes.get('/connect/assets/brands/:projectId/logo', async (c) => {
    const picture = await branding?.logo(c.req.param('projectId'))
    if (!picture) return c.text('No such logo', 404)
    const bytes = new Uint8Array(picture.bytes)
    // The dashboard of another origin and the API's readers may look at it, too.
    c.header('cross-origin-resource-policy', 'cross-origin')
    return fileAnswer(c, bytes, picture.type, hashOf(bytes), 'public, max-age=300')
  })
  return routes
}

function fileAnswer(
  c: Context,
  text: string | Uint8Array<ArrayBuffer>,
  type: string,
  hash: string,
  cacheControl: string,
): Response {
  const etag = `"${hash}"`
  // An SVG opened by itself is a document: it may do nothing but draw.
  const headers = {
    etag,
    'cache-control': cacheControl,
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  }
  if (c.req.header('if-none-match')?.includes(etag)) return c.body(null, 304, headers)
  return c.body(text, 200, { ...headers, 'content-type': type })
}
