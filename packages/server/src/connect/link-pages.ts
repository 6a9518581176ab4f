import { html } from 'hono/html'
import type { ExpectedField, LinkOption, LinkView } from '../accounts/types.ts'
import type { FieldError } from '../errors.ts'
import {
  appTile,
  type Drawing,
  documentPage,
  entityFact,
  type Html,
  icons,
  keeperLine,
  type Page,
  pairOf,
  scopeList,
} from './html.ts'
import type { KnownScheme } from './languages/types.ts'
import { backLink } from './outcome-pages.ts'

/** The form names its inputs as the errors of the service name its fields, so one finds the other. */
export const inputName = (field: { name: string }) => `data.${field.name}`

/** The apps of a link, each a plain link to its form. */
export function pickPage(drawing: Drawing, view: LinkView): Page {
  const { messages } = drawing
  const several = new Set(view.options.map((option) => option.app.key)).size < view.options.length
  const body = html`<h1>${messages.pickTitle}</h1>
<p class="lead">${messages.pickLead(view.projectName)}</p>
${entityFact(drawing, view.projectName, view.entityId, messages.notYouLeave)}
${view.options.length === 0 ? html`<p class="aside">${messages.nothingToPick}</p>` : ''}
<ul class="apps" aria-label="${messages.pickList}">${view.options.map(
    (option) => html`<li><a href="?integration=${encodeURIComponent(option.integrationId)}">
${appTile(drawing, option.app, 'tile small')}
<span class="app-words"><strong>${option.app.name}</strong>${
      several
        ? html`<span class="scheme">${messages.schemes[option.authScheme as KnownScheme] ?? option.authScheme}</span>`
        : ''
    }${option.app.description ? html`<small>${option.app.description}</small>` : ''}</span>
${icons.arrow}</a></li>`,
  )}</ul>
${backLink(drawing, view.returnUrl, view.projectName, 'quiet')}`
  return {
    status: 200,
    hasForm: false,
    document: documentPage(drawing, {
      title: messages.pickTitle,
      project: view.projectName,
      simulated: view.options.length > 0 && view.options.every((option) => option.simulated),
      reference: view.reference,
      body,
    }),
  }
}

export interface Attempt {
  /** What was typed, by field name. Secret values are never printed back. */
  values: Readonly<Record<string, string>>
  /** `data.x` for a field; anything else stands above the form. */
  errors: readonly FieldError[]
}

/** One app of a link: what it may do and what must be typed for it. */
export function formPage(drawing: Drawing, view: LinkView, option: LinkOption, attempt?: Attempt): Page {
  const { messages } = drawing
  const heading = messages.connectTitle(option.app.name)
  const leavesHere = option.authScheme.startsWith('OAUTH')
  const errors = attempt?.errors ?? []
  const body = html`${errors.length === 0 ? '' : errorSummary(drawing, option, errors)}
${pairOf(drawing, view.projectName, option.app)}
<h1>${heading}</h1>
<p class="lead">${messages.connectLead(view.projectName, option.app.name)}</p>
${entityFact(drawing, view.projectName, view.entityId, messages.notYouLeave)}
${scopeList(drawing, option.app, option.scopes)}
<form method="post" class="fields">
${option.fields.map((field) => fieldRow(drawing, field, attempt))}
<div class="actions">
<button class="primary">${leavesHere ? messages.continueTo(option.app.name) : messages.connectWithKey(option.app.name)}</button>
${view.options.length > 1 ? html`<a class="quiet" href="?">${messages.otherApps}</a>` : backLink(drawing, view.returnUrl, view.projectName, 'quiet')}
</div>
</form>
${keeperLine(drawing, view.projectName, leavesHere ? messages.nextStep(option.app.name) : '')}`
  return {
    status: errors.length === 0 ? 200 : 400,
    hasForm: true,
    document: documentPage(drawing, {
      title: errors.length === 0 ? heading : `${messages.errorPrefix}: ${heading}`,
      project: view.projectName,
      simulated: option.simulated,
      app: option.app.name,
      reference: view.reference,
      body,
    }),
  }
}

function errorSummary({ messages }: Drawing, option: LinkOption, errors: readonly FieldError[]): Html {
  return html`<div class="summary" role="alert" tabindex="-1" autofocus data-focus aria-labelledby="summary">
<h2 id="summary">${icons.alert}${messages.errorSummary(errors.length)}</h2>
<ul>${errors.map((error) => {
    const field = option.fields.find((candidate) => inputName(candidate) === error.property)
    return field
      ? html`<li><a href="#${inputId(field)}">${field.label}: ${error.message}</a></li>`
      : html`<li>${error.message}</li>`
  })}</ul>
</div>`
}

const inputId = (field: ExpectedField) => `field-${field.name}`

function fieldRow(drawing: Drawing, field: ExpectedField, attempt: Attempt | undefined): Html {
  const { messages } = drawing
  const id = inputId(field)
  const error = attempt?.errors.find(({ property }) => property === inputName(field))
  const lost = attempt !== undefined && field.secret && Boolean(attempt.values[field.name])
  const hints: { id: string; text: Html }[] = []
  if (field.help) hints.push({ id: `${id}-help`, text: html`${field.help}` })
  if (field.example !== null)
    hints.push({ id: `${id}-example`, text: html`${messages.example} <code>${field.example}</code>` })
  if (lost) hints.push({ id: `${id}-lost`, text: html`${messages.secretNotKept}` })
  const describedBy = [...(error ? [`${id}-error`] : []), ...hints.map((hint) => hint.id)].join(' ')
  return html`<div class="${error ? 'field wrong' : 'field'}">
<label for="${id}">${field.label}${field.required ? '' : html` <span class="optional">(${messages.optional})</span>`}</label>
${error ? html`<p class="error" id="${id}-error">${icons.alert}<span><span class="only-read">${messages.errorPrefix}: </span>${error.message}</span></p>` : ''}
${field.options ? selectInput(drawing, field, attempt, describedBy, error) : textInput(drawing, field, attempt, describedBy, error)}
${hints.map((hint) => html`<p class="hint" id="${hint.id}">${hint.text}</p>`)}
${field.helpUrl === null ? '' : html`<p class="hint"><a href="${field.helpUrl}" target="_blank" rel="noopener noreferrer">${messages.whereToFind(field.label)}<span class="only-read"> (${messages.newWindow})</span></a></p>`}
</div>`
}

function textInput(
  { messages }: Drawing,
  field: ExpectedField,
  attempt: Attempt | undefined,
  describedBy: string,
  error: FieldError | undefined,
): Html {
  const id = inputId(field)
  const value = field.secret ? undefined : (attempt?.values[field.name] ?? field.default ?? undefined)
  const pattern = browserPattern(field)
  const input = html`<input id="${id}" name="${inputName(field)}" type="${field.secret ? 'password' : 'text'}" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false"${
    value === undefined ? '' : html` value="${value}"`
  }${field.required ? html` required` : ''}${pattern === undefined ? '' : html` pattern="${pattern}" title="${field.help || field.label}"`}${
    describedBy ? html` aria-describedby="${describedBy}"` : ''
  }${error ? html` aria-invalid="true"` : ''}>`
  if (!field.secret) return input
  return html`<div class="secret">${input}<button type="button" class="reveal" hidden data-reveal="${id}" data-show="${messages.show}" data-hide="${messages.hide}" data-show-label="${messages.showField(field.label)}" data-hide-label="${messages.hideField(field.label)}" aria-label="${messages.showField(field.label)}">${messages.show}</button></div>`
}

function selectInput(
  { messages }: Drawing,
  field: ExpectedField,
  attempt: Attempt | undefined,
  describedBy: string,
  error: FieldError | undefined,
): Html {
  const chosen = attempt?.values[field.name] ?? field.default ?? ''
  return html`<select id="${inputId(field)}" name="${inputName(field)}"${field.required ? html` required` : ''}${
    describedBy ? html` aria-describedby="${describedBy}"` : ''
  }${error ? html` aria-invalid="true"` : ''}>
<option value="">${messages.choose}</option>
${(field.options ?? []).map((option) => html`<option value="${option}"${option === chosen ? html` selected` : ''}>${option}</option>`)}
</select>`
}

/**
 * The browser may refuse what the server would refuse. Not a credential, whose pattern is a hint; not a host, of which
 * the server takes the wanted part out of a pasted URL. Browsers compile with the `v` flag and ignore what it refuses.
 */
function browserPattern(field: ExpectedField): string | undefined {
  if (field.pattern === null || (field.role !== 'value' && field.role !== 'path')) return undefined
  try {
    new RegExp(field.pattern, 'v')
    return field.pattern
  } catch {
    return undefined
  }
}
