import { html } from 'hono/html'
import type { ConnectionView } from '../accounts/types.ts'
import {
  type Drawing,
  documentPage,
  entityFact,
  type Html,
  keeperLine,
  otherDevice,
  type Page,
  pairOf,
  scopeList,
  scopeWords,
  untilLine,
} from './html.ts'

/**
 * Who asks for what on whose behalf, and the answers. The first button is the one that Enter presses.
 *
 * @param url The address of this page, for another device.
 */
export function connectPage(drawing: Drawing, view: ConnectionView, url: string): Page {
  const { messages } = drawing
  const title = view.renews ? messages.reconnectTitle(view.app.name) : messages.connectTitle(view.app.name)
  const body = html`${pairOf(drawing, view.projectName, view.app)}
<h1>${title}</h1>
<p class="lead">${view.renews ? whyAgain(drawing, view, view.renews) : messages.connectLead(view.projectName, view.app.name)}</p>
${view.troubledApp ? html`<p class="aside">${messages.providerTrouble(view.app.name)}</p>` : ''}
${view.state === 'in_progress' ? html`<p class="aside">${messages.alreadyStarted(view.app.name)}</p>` : ''}
${view.renews?.account ? accountFact(drawing, view.renews.account) : ''}
${entityFact(drawing, view.projectName, view.entityId)}
${scopeList(drawing, view.app, view.scopes)}
<form method="post" class="actions">
${optionalScopes(drawing, view.optionalScopes)}
<button class="primary" name="decision" value="continue">${messages.continueTo(view.app.name)}</button>
${view.offersDeviceCode ? html`<button name="decision" value="code">${messages.typedCode.instead}</button>` : ''}
<div class="beside"><button class="quiet" name="decision" value="decline">${messages.cancel}</button>
<button class="quiet" name="decision" value="not_me">${messages.notMe}</button></div>
</form>
${untilLine(drawing, view.expiresAt)}
${keeperLine(drawing, view.projectName, messages.nextStep(view.app.name))}
${otherDevice(drawing, url)}`
  return {
    status: 200,
    hasForm: true,
    document: documentPage(drawing, {
      title,
      project: view.projectName,
      simulated: view.simulated,
      app: view.app.name,
      reference: view.reference,
      statusUrl: `${new URL(url).pathname}/status`,
      body,
    }),
  }
}

function whyAgain(
  { messages }: Drawing,
  { app, projectName }: ConnectionView,
  { reason }: NonNullable<ConnectionView['renews']>,
): string {
  const ended = ['grant_revoked', 'revoked', 'refresh_token_missing', 'refresh_outcome_unknown', 'expiring']
  const kind =
    reason === 'credential_refused' ? 'refused' : reason !== null && ended.includes(reason) ? 'ended' : 'other'
  return messages.reconnectWhy[kind]({ app: app.name, project: projectName })
}

/** Ticked as asked for; the hidden field tells "none" from a form that had no choice. */
function optionalScopes(drawing: Drawing, scopes: ConnectionView['optionalScopes']): Html | '' {
  return scopes.length === 0
    ? ''
    : html`<fieldset class="scopes optional-scopes"><legend>${drawing.messages.optionalPermissions}</legend>
<input type="hidden" name="chosen" value="1">
<ul>${scopes.map(
        (scope) =>
          html`<li><label><input type="checkbox" name="scope" value="${scope.name}"${scope.wanted ? html` checked` : ''}>${scopeWords(drawing, scope)}</label></li>`,
      )}</ul></fieldset>`
}

const accountFact = ({ messages }: Drawing, account: string): Html =>
  html`<dl class="facts">
<dt>${messages.reconnectAccount}</dt>
<dd><bdi>${account}</bdi><small>${messages.reconnectSame}</small></dd>
</dl>`
