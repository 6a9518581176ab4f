import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Hono } from 'hono'
import type { ApiEnv } from './context.ts'
import { noRoute } from './errors.ts'

/** The page runs one script of ours and the viewer's. Nothing may come from elsewhere, and nothing inline. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const assetTypes: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

const page = (prefix: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast API reference</title>
<link rel="icon" href="${prefix}/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="${prefix}/docs/assets/swagger-ui.css">
</head>
<body>
<main id="reference" data-document="${prefix}/openapi.json"></main>
<noscript>This page needs JavaScript. The same reference as a file: <a href="${prefix}/openapi.json">openapi.json</a>.</noscript>
<script src="${prefix}/docs/assets/swagger-ui-bundle.js"></script>
<script src="${prefix}/docs/assets/start.js"></script>
</body>
</html>
`

const startScript = `const root = document.getElementById('reference')
SwaggerUIBundle({
  domNode: root,
  url: root.dataset.document,
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // A remote validator would be told this server's address.
  validatorUrl: null,
})
`

/** The reference page at `/docs`. Every byte of it comes from this server, so it works with the network cut. */
export function docsRoutes(baseUrl: string): Hono<ApiEnv> {
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '')
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const read = new Map<string, Uint8Array<ArrayBuffer>>()
  const asset = (name: string): Uint8Array<ArrayBuffer> => {
    const bytes = read.get(name) ?? new Uint8Array(readFileSync(join(folder, name)))
    read.set(name, bytes)
    return bytes
  }

  return new Hono<ApiEnv>()
    .get('/docs', (c) => c.html(page(prefix), 200, { 'content-security-policy': contentSecurityPolicy }))
    .get('/docs/assets/start.js', (c) => c.body(startScript, 200, { 'content-type': 'text/javascript; charset=utf-8' }))
    .get('/docs/assets/:name', (c) => {
      const name = c.req.param('name')
      const type = assetTypes[name]
      if (type === undefined) throw noRoute('GET', c.req.path)
      return c.body(asset(name), 200, { 'content-type': type, 'cache-control': 'public, max-age=3600' })
    })
}
