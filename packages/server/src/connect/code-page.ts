import { html } from 'hono/html'
import type { ConnectionView, DeviceCode } from '../accounts/types.ts'
import { type Drawing, documentPage, keeperLine, type Page, pairOf, qrCode } from './html.ts'

/** The code that is typed at the app, on any device, and where (RFC 8628 §3.3). */
export function codePage(drawing: Drawing, view: ConnectionView, code: DeviceCode): Page {
  const { messages } = drawing
  const { typedCode } = messages
  const title = typedCode.title(view.app.name)
  const target = code.verificationUriComplete ?? code.verificationUri
  const body = html`${pairOf(drawing, view.projectName, view.app)}
<h1>${title}</h1>
<p class="lead">${typedCode.text(view.app.name)}</p>
<p><a href="${target}" target="_blank" rel="noopener noreferrer">${shown(code.verificationUri)}<span class="only-read"> (${messages.newWindow})</span></a></p>
<dl class="facts"><dt>${typedCode.code}</dt>
<dd><strong class="typed-code" dir="ltr">${code.userCode}</strong></dd></dl>
${qrCode(drawing, target)}
<p class="aside" role="status">${typedCode.waiting}</p>
${keeperLine(drawing, view.projectName, '')}`
  return {
    status: 200,
    hasForm: false,
    againAfterSeconds: code.intervalSeconds,
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

/** As a person would type it. */
const shown = (url: string) => url.replace(/^https:\/\//, '').replace(/\/$/, '')
