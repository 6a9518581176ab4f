import { createHash } from 'node:crypto'
import { html } from 'hono/html'
import type { Brand } from './brand.ts'
import type { Messages } from './messages.ts'
import type { Theme } from './preferences.ts'
import { qrPath } from './qr.ts'

/** Escaped markup; `html` escapes every other value put into it. */
export type Html = ReturnType<typeof html>

/** What a route answers with. */
export interface Page {
  status: 200 | 400 | 404 | 410 | 413 | 429 | 500 | 502
  document: Html
  /** A page with a form needs other headers, see `headers.ts`. */
  hasForm: boolean
  /** Where the browser goes by itself after a moment. */
  leavesTo?: string
  /** How soon the browser looks again by itself. */
  againAfterSeconds?: number
}

/** What every page is drawn with. */
export interface Drawing {
  messages: Messages
  theme: Theme
  brand: Brand
  now: Date
  /** The host that keeps the credentials: the one in the address bar. */
  host: string
  asset: (name: 'connect.css' | 'dark.css' | 'connect.js' | 'icon.svg') => string
  /** Undefined for an app without a logo: a monogram is drawn instead. */
  logoUrl: (appKey: string) => string | undefined
}

interface App {
  key: string
  name: string
}

/** The frame around every page: one card with a notice above it and the reference below. */
export function documentPage(
  drawing: Drawing,
  page: {
    title: string
    project?: string | undefined
    simulated: boolean
    app?: string | undefined
    reference: string
    /** Where the script may ask how far the flow is. */
    statusUrl?: string | undefined
    body: Html
  },
): Html {
  const { messages, asset, brand } = drawing
  return html`<!doctype html>
<html lang="${messages.lang}" dir="${messages.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="${drawing.theme ?? 'light dark'}">
<meta name="robots" content="noindex, nofollow">
<title>${messages.pageTitle(page.title, page.project)}</title>
<link rel="icon" href="${asset('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${asset('connect.css')}">
${brand.colours && html`<link rel="stylesheet" href="${brand.colours.light}">`}
${themeSheet(drawing, asset('dark.css'))}
${brand.colours && themeSheet(drawing, brand.colours.dark)}
<script src="${asset('connect.js')}" defer></script>
</head>
<body${page.statusUrl ? html` data-status="${page.statusUrl}"` : ''}>
<div class="frame">
<main class="card">
${page.simulated ? simulatedNotice(messages, page.app) : ''}
${page.body}
</main>
<footer class="reference">${messages.reference} <code>${page.reference}</code></footer>
</div>
<p class="only-read" role="status" data-live data-busy="${messages.busy}"></p>
</body>
</html>`
}

const themeSheet = ({ theme }: Drawing, href: string) =>
  theme === 'light'
    ? ''
    : html`<link rel="stylesheet" href="${href}"${theme === 'dark' ? '' : html` media="(prefers-color-scheme: dark)"`}>`

const simulatedNotice = (messages: Messages, app: string | undefined) => html`<p class="notice" role="note">
${icons.flask}<span><strong>${messages.simulatedTitle}</strong> ${messages.simulatedText(app)}</span>
</p>`

/** The project and the app side by side. Decoration: the heading says the same in words. */
export function pairOf(drawing: Drawing, project: string, app: App): Html {
  return html`<div class="pair" aria-hidden="true">
${projectTile(drawing, project, 'tile')}<span class="thread"></span>${appTile(drawing, app, 'tile')}
</div>`
}

export function projectTile({ brand }: Drawing, project: string, size: 'tile' | 'tile small'): Html {
  return brand.logoUrl === undefined
    ? monogram(project, size)
    : html`<span class="${size} picture"><img src="${brand.logoUrl}" alt="" width="56" height="56"></span>`
}

/** A logo on white, since logos are drawn for white; a monogram where there is none. */
export function appTile({ logoUrl }: Drawing, app: App, size: 'tile' | 'tile small'): Html {
  const url = logoUrl(app.key)
  return url === undefined
    ? monogram(app.name, size)
    : html`<span class="${size} logo"><img src="${url}" alt="" width="28" height="28" loading="lazy"></span>`
}

/** The first letters of a name on a colour that stays the same for the name. */
export function monogram(name: string, size: 'tile' | 'tile small' | 'tile round'): Html {
  const tint = (createHash('sha256').update(name).digest()[0] ?? 0) % 6
  return html`<span class="${size} tint-${tint}">${initialsOf(name)}</span>`
}

function initialsOf(name: string): string {
  const words = name.split(/[\s._@-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const letters = words.slice(0, 2).map((word) => [...word].find((sign) => /[\p{L}\p{N}]/u.test(sign)) ?? '')
  return letters.join('').toUpperCase() || '?'
}

export function scopeList(
  drawing: Drawing,
  app: App,
  scopes: readonly { name: string; description: string | null }[],
): Html {
  if (scopes.length === 0) return html``
  const { messages } = drawing
  const item = (scope: { name: string; description: string | null }) => scopeItem(drawing, scope)
  const [first, rest] = [scopes.slice(0, shownScopes), scopes.slice(shownScopes)]
  return html`<section class="scopes" aria-labelledby="scopes">
<h2 id="scopes">${messages.permissions(app.name)}</h2>
<ul>${first.map(item)}</ul>
${rest.length === 0 ? '' : html`<details><summary>${messages.morePermissions(rest.length)}</summary><ul>${rest.map(item)}</ul></details>`}
</section>`
}

export const scopeItem = (
  drawing: Drawing,
  { name, description }: { name: string; description: string | null },
  icon: Html = icons.check,
): Html => html`<li>${icon}${scopeWords(drawing, { name, description })}</li>`

export const scopeWords = (
  drawing: Drawing,
  { name, description }: { name: string; description: string | null },
): Html =>
  html`<span>${
    description === null
      ? html`<code class="name">${name}</code>`
      : html`${fromTheApp(drawing, description)} <code>${name}</code>`
  }</span>`

/** More than these are folded away, so that the buttons stay within reach on a phone. */
const shownScopes = 6

/** Text of an app's definition, which is in English whatever the page is in. */
export const fromTheApp = ({ messages }: Drawing, text: string): Html | string =>
  messages.lang === 'en' ? text : html`<span lang="en" dir="auto">${text}</span>`

/** For whom, as the project calls that person. */
export const entityFact = ({ messages }: Drawing, project: string, entityId: string) =>
  html`<dl class="facts">
<dt>${messages.connectingFor}</dt>
<dd><bdi>${entityId}</bdi><small>${messages.connectingForHint(project)}</small></dd>
</dl>`

/** What comes next and who keeps what is given. */
export const keeperLine = ({ messages, host, brand }: Drawing, project: string, nextStep: string) =>
  html`<p class="fine">${icons.lock}<span>${nextStep} ${messages.keeper(host, project)}${
    brand.privacyUrl === null
      ? ''
      : html` <a href="${brand.privacyUrl}" target="_blank" rel="noopener noreferrer">${messages.privacy(project)}<span class="only-read"> (${messages.newWindow})</span></a>`
  }</span></p>`

/** Only when it ends soon; the script counts it down. */
export function untilLine({ messages, now }: Drawing, expiresAt: Date): Html | '' {
  const minutes = Math.ceil((expiresAt.getTime() - now.getTime()) / 60_000)
  return minutes > soonMinutes
    ? ''
    : html`<p class="until" data-until="${expiresAt.toISOString()}" data-words="${messages.worksFor('%')}">${messages.worksFor(inMinutes(messages, Math.max(minutes, 1)))}</p>`
}

const soonMinutes = 20

const inMinutes = ({ lang }: Messages, minutes: number) =>
  new Intl.NumberFormat(lang, { style: 'unit', unit: 'minute', unitDisplay: 'long' }).format(minutes)

export function otherDevice(drawing: Drawing, url: string): Html {
  const { messages } = drawing
  return html`<details class="device"><summary>${icons.phone}<span>${messages.otherDevice}</span></summary>
${qrCode(drawing, url)}
<p>${messages.otherDeviceText}</p></details>`
}

/** An address as a picture, for the camera of a phone. Black on white in both themes, as readers want it. */
export function qrCode({ messages }: Drawing, url: string): Html {
  const { path, size } = qrPath(url)
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${messages.otherDeviceCode}" shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
}

/** Shapes on a 20 × 20 grid, coloured by the text around them. */
const icon = (shape: Html) =>
  html`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${shape}</svg>`

export const icons = {
  check: icon(html`<path d="m4.5 10.5 3.5 3.5 7.5-8"/>`),
  lock: icon(html`<rect x="4.5" y="9" width="11" height="8" rx="2"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>`),
  flask: icon(html`<path d="M8 3v5l-4 7a1.4 1.4 0 0 0 1.2 2h9.6A1.4 1.4 0 0 0 16 15l-4-7V3M7 3h6M6.2 12.5h7.6"/>`),
  arrow: icon(html`<path class="arrow" d="M8 4.5 13.5 10 8 15.5"/>`),
  alert: icon(html`<circle cx="10" cy="10" r="7"/><path d="M10 6.5v4M10 13.5v.01"/>`),
  clock: icon(html`<circle cx="10" cy="10" r="7"/><path d="M10 6v4l2.5 2"/>`),
  cross: icon(html`<path d="m5.5 5.5 9 9m0-9-9 9"/>`),
  minus: icon(html`<path d="M5 10h10"/>`),
  shield: icon(
    html`<path d="M10 3 4.5 5v4.5c0 3.6 2.3 6.2 5.5 7.5 3.2-1.3 5.5-3.9 5.5-7.5V5zM7.5 10l1.8 1.8 3.4-3.6"/>`,
  ),
  phone: icon(html`<rect x="6" y="2.5" width="8" height="15" rx="2"/><path d="M9 15h2"/>`),
  search: icon(html`<circle cx="9" cy="9" r="5.5"/><path d="m13.2 13.2 3.8 3.8"/>`),
}
