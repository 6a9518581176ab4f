import { html } from 'hono/html'
import type { ConnectionView } from '../accounts/types.ts'
import { appTile, type Drawing, documentPage, type Html, icons, monogram, type Page, scopeItem } from './html.ts'
import type { ProblemKind } from './messages.ts'

/**
 * Which account was connected, and what it may not do although it was asked for.
 *
 * @param returnUrl Where the browser goes from here: by a button, and by itself after a moment.
 * @param again Where what is missing may be given.
 */
export function connectedPage(
  drawing: Drawing,
  view: ConnectionView,
  { returnUrl = null, again }: { returnUrl?: string | null; again?: string | undefined } = {},
): Page {
  const { messages } = drawing
  const missing = missingScopes(view)
  const isWhole = missing.length === 0
  const title = isWhole ? messages.connectedTitle(view.app.name) : messages.fewerTitle(view.app.name)
  const body = html`<div class="${isWhole ? 'mark good' : 'mark'}" aria-hidden="true">${isWhole ? icons.check : icons.alert}</div>
<h1 tabindex="-1" data-focus>${title}</h1>
<p class="lead">${isWhole ? messages.connectedLead(view.projectName, view.app.name) : messages.fewerText(view.projectName)}</p>
${isWhole ? '' : html`<section class="scopes missing"><ul>${missing.map((scope) => scopeItem(drawing, scope, icons.minus))}</ul></section>`}
${identityCard(drawing, view)}
${view.account?.verification === 'unverified' ? html`<p class="aside">${messages.unverified(view.app.name)}</p>` : ''}
${!isWhole && again !== undefined ? html`<div class="actions"><a class="primary" href="${again}">${messages.giveMissing}</a></div>` : ''}
${
  returnUrl === null
    ? html`<p class="after">${messages.closeWindow(view.projectName)}</p>`
    : html`<div class="actions">${backLink(drawing, returnUrl, view.projectName, 'primary')}</div>`
}`
  return {
    status: 200,
    hasForm: false,
    ...(returnUrl !== null && { leavesTo: returnUrl }),
    document: outcomeDocument(drawing, title, body, { view, reference: view.reference }),
  }
}

/** Those the app says it did not give, in the words of the page before. */
function missingScopes({
  account,
  scopes,
  optionalScopes,
}: ConnectionView): { name: string; description: string | null }[] {
  return (account?.missingScopes ?? []).map(
    (name) => [...scopes, ...optionalScopes].find((scope) => scope.name === name) ?? { name, description: null },
  )
}

/** Initials, not the avatar: a picture from the app's host would tell that host who looks at this page. */
function identityCard(drawing: Drawing, view: ConnectionView): Html {
  const identity = view.account?.identity ?? null
  const name = identity?.name ?? identity?.email ?? identity?.id ?? view.entityId
  const details = [identity?.email, identity && view.app.name].filter((detail) => detail && detail !== name)
  return html`<section class="identity" aria-label="${drawing.messages.connectedAccount}">
<span class="portrait" aria-hidden="true">${monogram(name, 'tile round')}${appTile(drawing, view.app, 'tile small')}</span>
<span class="app-words"><strong><bdi>${name}</bdi></strong>${details.map((detail) => html`<small><bdi>${detail}</bdi></small>`)}</span>
</section>`
}

const problemPages: Record<ProblemKind, { status: Page['status']; icon: Html }> = {
  cancelled: { status: 200, icon: icons.cross },
  not_you: { status: 200, icon: icons.shield },
  denied: { status: 200, icon: icons.cross },
  already_connected: { status: 200, icon: icons.check },
  wrong_account: { status: 400, icon: icons.alert },
  wrong_browser: { status: 400, icon: icons.alert },
  link_used: { status: 410, icon: icons.check },
  link_expired: { status: 410, icon: icons.clock },
  unknown_link: { status: 404, icon: icons.alert },
  unknown_option: { status: 404, icon: icons.alert },
  provider_down: { status: 502, icon: icons.alert },
  failed: { status: 400, icon: icons.alert },
  switched_off: { status: 400, icon: icons.alert },
  foreign_request: { status: 400, icon: icons.alert },
  too_many: { status: 429, icon: icons.clock },
  too_large: { status: 413, icon: icons.alert },
  internal: { status: 500, icon: icons.alert },
}

export interface ProblemDetails {
  /** What the person may be told: absent when the link is unknown or the browser is the wrong one. */
  view?: Pick<ConnectionView, 'projectName' | 'returnUrl'> & Partial<Pick<ConnectionView, 'app' | 'simulated'>>
  reference: string
  /** Where the same may be tried again; wins over the way back. */
  again?: { href: string; label: 'tryAgain' | 'switchAccount' | 'openAgain' | 'otherApps' } | undefined
  /** The app's answer, with which the same browser may begin once more; wins over the rest. */
  retry?: { action: string; state: string } | undefined
}

/** What happened in one sentence, and one thing to do: a button where there is a place to go, else a sentence. */
export function problemPage(drawing: Drawing, kind: ProblemKind, details: ProblemDetails): Page {
  const { messages } = drawing
  const { view, again, retry, reference } = details
  const { title, text, next } = messages.problems[kind]({ app: view?.app?.name, project: view?.projectName })
  const action = retry
    ? html`<form method="post" action="${retry.action}"><input type="hidden" name="state" value="${retry.state}"><button class="primary">${kind === 'wrong_account' ? messages.switchAccount : messages.tryAgain}</button></form>`
    : again
      ? html`<a class="primary" href="${again.href}">${messages[again.label]}</a>`
      : backLink(drawing, view?.returnUrl ?? null, view?.projectName ?? '', 'primary')
  const body = html`<div class="mark" aria-hidden="true">${problemPages[kind].icon}</div>
<h1 tabindex="-1" data-focus>${title}</h1>
<p class="lead">${text}</p>
${action === null ? html`<p class="next">${next}</p>` : html`<div class="actions">${action}</div>`}`
  return {
    status: problemPages[kind].status,
    hasForm: retry !== undefined,
    document: outcomeDocument(drawing, title, body, { view, reference }),
  }
}

/** Null when there is nowhere to go, or nowhere a browser should. */
export function backLink(
  { messages }: Drawing,
  url: string | null,
  project: string,
  look: 'primary' | 'quiet',
): Html | null {
  return url === null || !isSafeTarget(url)
    ? null
    : html`<a class="${look}" href="${url}">${messages.backTo(project)}</a>`
}

/** Return URLs may have the scheme of a mobile app, but none that runs or shows content in our name. */
export function isSafeTarget(url: string): boolean {
  return (
    URL.canParse(url) &&
    !['javascript:', 'data:', 'blob:', 'vbscript:', 'file:', 'filesystem:', 'about:'].includes(new URL(url).protocol)
  )
}

/**
 * Brings a cross-site `form_post` answer home: a POST from another site carries no SameSite=Lax cookie, so this page
 * sends the same parameters again from our own site. The button works without the script.
 */
export function resubmitPage(drawing: Drawing, params: URLSearchParams, reference: string): Page {
  const { messages } = drawing
  const body = html`<div class="mark" aria-hidden="true">${icons.clock}</div>
<h1>${messages.finishing}</h1>
<p class="lead">${messages.finishingText}</p>
<form method="post" action="?resubmitted" class="actions" data-resubmit>
${[...params].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="primary">${messages.finish}</button>
</form>`
  return { status: 200, hasForm: true, document: outcomeDocument(drawing, messages.finishing, body, { reference }) }
}

function outcomeDocument(
  drawing: Drawing,
  title: string,
  body: Html,
  { view, reference }: Pick<ProblemDetails, 'view' | 'reference'>,
): Html {
  return documentPage(drawing, {
    title,
    project: view?.projectName,
    simulated: view?.simulated ?? false,
    app: view?.app?.name,
    reference,
    body: html`<div class="outcome">${body}</div>`,
  })
}
