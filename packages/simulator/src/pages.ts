import type { AppDefinition, OAuth2Scheme } from '@holdfast/catalog'
import { html } from 'hono/html'
import { assetsPath, consentPath, devicePath } from './address.ts'
import { people } from './people.ts'

/** `html` escapes every value put into it, so no name of an app or client can become markup. */
type Markup = ReturnType<typeof html>

interface Page {
  title: string
  /** Whom the page plays, for the banner. */
  appName: string
  content: (baseUrl: string) => Markup
}

export async function htmlPage(baseUrl: string, page: Page, status: number): Promise<Response> {
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<link rel="stylesheet" href="${baseUrl}${assetsPath}style.css">
</head>
<body>
<header class="banner">
<p><strong>Simulated:</strong> this is not the real ${page.appName}. It stands in for it while you test; nothing leaves this server.</p>
</header>
<main>
${page.content(baseUrl)}
</main>
</body>
</html>
`
  return new Response(String(text), { status, headers: { ...pageHeaders, 'content-type': 'text/html; charset=utf-8' } })
}

/**
 * Browsers hold `form-action` against every redirect that follows the form: our callback, then the developer's own page on
 * any origin. So it names protocols only.
 */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' https: http:; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-store',
}

export interface Consent {
  app: AppDefinition
  scheme: { scopes: Pick<OAuth2Scheme['scopes'], 'described' | 'required'> }
  clientId: string
  scopes: string[]
  /** Names the pending request; whoever has it can answer it, once. */
  handle: string
}

export const consentPage = ({ app, scheme, clientId, scopes, handle }: Consent): Page => ({
  title: `Simulated ${app.name}: allow access?`,
  appName: app.name,
  content: (baseUrl) => html`<h1>Allow access to your ${app.name} account?</h1>
<p>The application with the client ID <code>${clientId}</code> asks for it.</p>
<form method="post" action="${baseUrl}${consentPath}">
<input type="hidden" name="request" value="${handle}">
<fieldset>
<legend>Who are you?</legend>
${people.map(
  (person, index) => html`<label class="choice">
<input type="radio" name="person" value="${index + 1}" ${index === 0 ? 'checked' : ''}>
<img src="${baseUrl}${assetsPath}${person.avatarFile}" alt="" width="40" height="40">
<span>${person.name}<small>${person.email}</small></span>
</label>
`,
)}</fieldset>
${scopes.length === 0 ? html`<p>It asks for no particular permissions.</p>` : scopeList(scheme, scopes)}
<div class="actions">
<button type="submit" name="decision" value="approve" class="primary">Approve</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
</form>`,
})

function scopeList(scheme: Consent['scheme'], scopes: string[]): Markup {
  const described = new Map(scheme.scopes.described.map((scope) => [scope.name, scope.description]))
  return html`<fieldset>
<legend>What may it do?</legend>
${scopes.map((scope) => {
  const description = described.get(scope)
  const required = scheme.scopes.required.includes(scope)
  return html`<label class="choice">
<input type="checkbox" name="scope" value="${scope}" checked ${required ? 'disabled' : ''}>
<span>${description ?? html`<code>${scope}</code>`}${description === undefined ? '' : html`<small><code>${scope}</code></small>`}${required ? html`<small>Always needed</small>` : ''}</span>
</label>
`
})}</fieldset>`
}

/** Where a person types the code that another device shows. */
export const devicePage = ({ unknown }: { unknown: boolean }): Page => ({
  title: 'Simulated app: type the code',
  appName: 'app',
  content: (baseUrl) => html`<h1>Type the code</h1>
${unknown ? html`<p role="alert">There is no such code, or it is too old.</p>` : ''}
<form method="get" action="${baseUrl}${devicePath}">
<p><label for="user_code">The code that is shown to you</label><br>
<input id="user_code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" required></p>
<div class="actions"><button type="submit" class="primary">Continue</button></div>
</form>`,
})

export const saidPage = (approved: boolean): Page => ({
  title: approved ? 'Simulated app: access allowed' : 'Simulated app: access denied',
  appName: 'app',
  content: () => html`<h1>${approved ? 'Access allowed' : 'Access denied'}</h1>
<p>You can go back to the page that showed you the code.</p>`,
})

export const problemPage = (problem: { appName: string; code: string; message: string }): Page => ({
  title: `Simulated ${problem.appName}: this request can not be answered`,
  appName: problem.appName,
  content: () => html`<h1>This request can not be answered</h1>
<p>${problem.message}</p>
<p>Go back to the application and start again.</p>
<p><small>Error: <code>${problem.code}</code></small></p>`,
})
