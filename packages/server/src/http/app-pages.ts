import { readFileSync } from 'node:fs'
import { type AppDefinition, type AuthScheme, type Catalog, integrationParamsOf, type Param } from '@holdfast/catalog'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { factsOf, proofOf } from './app-facts.ts'
import type { ApiEnv } from './context.ts'
import { logoUrl } from './present.ts'

export interface AppPagesOptions {
  catalog: Catalog
  showUnverified: boolean
  baseUrl: string
}

type Markup = ReturnType<typeof html>

const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A page for each built-in app, made from its definition: what to register where, what is asked for, what is particular. */
export function appPages({ catalog, showUnverified, baseUrl }: AppPagesOptions): Hono<ApiEnv> {
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '')
  const style = readFileSync(new URL('./assets/app-pages.css', import.meta.url), 'utf8')
  const headers = { 'content-security-policy': contentSecurityPolicy }
  const isOffered = (app: AppDefinition) => showUnverified || !app.unverified

  return new Hono<ApiEnv>()
    .get('/docs/apps', (c) => {
      const search = (c.req.query('search') ?? '').slice(0, 200)
      const found = [...catalog.values()].filter((app) => isOffered(app) && matches(app, search.toLowerCase()))
      return c.html(indexPage(prefix, found, search), 200, headers)
    })
    .get('/docs/apps/app-pages.css', (c) =>
      c.body(style, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=3600' }),
    )
    .get('/docs/apps/:key', async (c, next) => {
      const app = catalog.get(c.req.param('key').toLowerCase())
      if (!app || !isOffered(app)) return next()
      return c.html(appPage(prefix, baseUrl, app), 200, headers)
    })
}

const matches = ({ key, name, description, categories }: AppDefinition, search: string): boolean =>
  `${key} ${name} ${description} ${categories.join(' ')}`.toLowerCase().includes(search)

const frame = (prefix: string, title: string, body: Markup): Markup => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Holdfast</title>
<link rel="stylesheet" href="${prefix}/docs/apps/app-pages.css">
</head>
<body>
${body}
</body>
</html>
`

const indexPage = (prefix: string, apps: AppDefinition[], search: string): Markup =>
  frame(
    prefix,
    'Apps',
    html`<h1>Apps</h1>
<form><input name="search" value="${search}" aria-label="Search apps" maxlength="200"> <button>Search</button></form>
<p class="quiet">${apps.length} apps</p>
<ul>
${apps.map(
  (
    app,
  ) => html`<li><a href="${prefix}/docs/apps/${app.key}">${app.name}</a> <span class="quiet">${app.description}</span></li>
`,
)}</ul>`,
  )

const appPage = (prefix: string, baseUrl: string, app: AppDefinition): Markup =>
  frame(
    prefix,
    app.name,
    html`<p><a href="${prefix}/docs/apps">Apps</a></p>
<header><img src="${new URL(logoUrl(baseUrl, app.key)).pathname}" alt=""><div><h1>${app.name}</h1>
<span class="quiet">${app.description}</span></div></header>
<p>Key <code>${app.key}</code> · ${app.categories.join(', ')}</p>
<p class="quiet">${proofOf(app)}${
      app.source
        ? html` Source: <a href="${app.source.url}" rel="noreferrer">${app.source.url}</a>, read on ${app.source.readOn}.`
        : ''
    }</p>
${app.authSchemes.map((scheme) => schemeSection(baseUrl, app, scheme))}`,
  )

function schemeSection(baseUrl: string, app: AppDefinition, scheme: AuthScheme): Markup {
  const base = scheme.baseUrl ?? app.baseUrl
  const facts = factsOf(scheme)
  const body = { app: app.key, authScheme: scheme.scheme, entityId: 'user-1', data: exampleData(scheme) }
  return html`<h2>${scheme.label} <span class="mark">${scheme.scheme}</span></h2>
${'setup' in scheme && scheme.setup ? setupGuide(baseUrl, scheme.setup) : ''}
${fieldTable('What the person is asked for', scheme.params)}
${fieldTable('What the operator fills in for the integration', integrationParamsOf(scheme))}
${'scopes' in scheme ? scopeTable(scheme.scopes) : ''}
${base ? html`<p>API: <code>${base}</code></p>` : ''}
${endpointList(scheme)}
${facts.length > 0 ? html`<h3>Good to know</h3><ul>${facts.map((fact) => html`<li>${fact}</li>`)}</ul>` : ''}
<h3>Connect</h3>
<pre><code>POST ${baseUrl}/api/v1/connectedAccounts
${JSON.stringify(body, null, 2)}</code></pre>`
}

const setupGuide = (baseUrl: string, setup: { url: string; steps: string[] }): Markup => html`<h3>Register a client</h3>
<p>Where: <a href="${setup.url}" rel="noreferrer">${setup.url}</a></p>
<ol>${setup.steps.map((step) => html`<li>${step}</li>`)}</ol>
<p>Each integration has a redirect URI of its own, shown when it is made:
<code>${baseUrl}/oauth/callback/{integrationId}</code></p>`

const fieldTable = (title: string, params: readonly Param[]): Markup | string =>
  params.length === 0
    ? ''
    : html`<h3>${title}</h3>
<div class="table"><table><thead><tr><th>Field</th><th>Name</th><th>What it is</th><th>Example</th></tr></thead><tbody>
${params.map(
  (param) => html`<tr><td>${param.label}${param.required ? '' : ' (optional)'}</td><td><code>${param.name}</code></td>
<td>${param.help}${param.secret ? ' Kept secret.' : ''}${param.options ? ` One of: ${param.options.join(', ')}.` : ''}</td>
<td>${param.example ? html`<code>${param.example}</code>` : ''}</td></tr>
`,
)}</tbody></table></div>`

function scopeTable(scopes: Extract<AuthScheme, { scheme: 'OAUTH2' }>['scopes']): Markup | string {
  const described = new Map(scopes.described.map(({ name, description }) => [name, description]))
  const names = [...new Set([...scopes.required, ...scopes.default, ...described.keys()])]
  if (names.length === 0) return ''
  const asked = new Set([...scopes.required, ...scopes.default])
  return html`<h3>Scopes</h3>
<div class="table"><table><thead><tr><th>Scope</th><th>Allows</th><th>Asked for</th></tr></thead><tbody>
${names.map(
  (name) => html`<tr><td><code>${name}</code></td><td>${described.get(name) ?? ''}</td>
<td>${scopes.required.includes(name) ? 'always' : asked.has(name) ? 'by default' : 'on request'}</td></tr>
`,
)}</tbody></table></div>`
}

function endpointList(scheme: AuthScheme): Markup | string {
  if (scheme.scheme !== 'OAUTH2' && scheme.scheme !== 'OAUTH1') return ''
  const endpoints: [string, string | undefined][] = [
    ['Authorization endpoint', scheme.authorizationEndpoint],
    ['Token endpoint', scheme.scheme === 'OAUTH2' ? scheme.tokenEndpoint : scheme.accessTokenEndpoint],
    ['Refresh endpoint', scheme.scheme === 'OAUTH2' ? scheme.refreshEndpoint : undefined],
    ['Revocation endpoint', scheme.scheme === 'OAUTH2' ? scheme.revocationEndpoint : undefined],
  ]
  const given = endpoints.filter(([, url]) => url !== undefined)
  return html`<ul>${given.map(([name, url]) => html`<li>${name}: <code>${url}</code></li>`)}</ul>`
}

/** The fields that have no default, with what stands for their values. */
const exampleData = (scheme: AuthScheme): Record<string, string> =>
  Object.fromEntries(
    scheme.params
      .filter((param) => param.required && param.default === undefined)
      .map((param) => [param.name, param.role === 'credential' ? '…' : (param.example ?? '…')]),
  )
