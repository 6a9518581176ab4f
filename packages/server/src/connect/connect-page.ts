import { html } from 'hono/html'
import type { ConnectionView } from '../accounts/types.ts'
import { type Drawing, documentPage, entityFact, keeperLine, type Page, pairOf, scopeList } from './html.ts'

/** Who asks for what on whose behalf, and the two answers. The first button is the one that Enter presses. */
export function connectPage(drawing: Drawing, view: ConnectionView): Page {
  const { messages } = drawing
  const title = messages.connectTitle(view.app.name)
  const body = html`${pairOf(drawing, view.projectName, view.app)}
<h1>${title}</h1>
<p class="lead">${messages.connectLead(view.projectName, view.app.name)}</p>
${view.state === 'in_progress' ? html`<p class="aside">${messages.alreadyStarted(view.app.name)}</p>` : ''}
${entityFact(drawing, view.projectName, view.entityId, messages.notYouCancel)}
${scopeList(drawing, view.app, view.scopes)}
<form method="post" class="actions">
<button class="primary" name="decision" value="continue">${messages.continueTo(view.app.name)}</button>
<button class="quiet" name="decision" value="decline">${messages.cancel}</button>
</form>
${keeperLine(drawing, view.projectName, messages.nextStep(view.app.name))}`
  return {
    status: 200,
    hasForm: true,
    document: documentPage(drawing, {
      title,
      project: view.projectName,
      simulated: view.simulated,
      app: view.app.name,
      reference: view.reference,
      body,
    }),
  }
}
