import { html } from 'hono/html'
import type { ExpectedField, LinkOption, LinkView } from '../accounts/types.ts'
import type { FieldError } from '../errors.ts'
import {
  type Drawing,
  documentPage,
  entityFact,
  fromTheApp,
  type Html,
  icons,
  keeperLine,
  otherDevice,
  type Page,
  pairOf,
  scopeList,
  untilLine,
} from './html.ts'
import type { KnownLabel } from './languages/types.ts'

/** The form names its inputs as the errors of the service name its fields, so one finds the other. */
export const inputName = (field: { name: string }) => `data.${field.name}`

export interface Attempt {
  /** What was typed, by field name. Secret values are never printed back. */
  values: Readonly<Record<string, string>>
  /** `data.x` for a field; anything else stands above the form. */
  errors: readonly FieldError[]
  /** The app itself said no. */
  refused: boolean
}

/**
 * One app of a link: what it may do and what must be typed for it.
 *
 * @param url The address of this page, for another device.
 */
export function formPage(drawing: Drawing, view: LinkView, option: LinkOption, url: string, attempt?: Attempt): Page {
  const { messages } = drawing
  const heading = messages.connectTitle(option.app.name)
  // Tokens of OAuth 1 that were made by hand are typed here like any key.
  const isTyped = option.authScheme === 'OAUTH1' && option.fields.some((field) => field.role === 'credential')
  const leavesHere = option.authScheme.startsWith('OAUTH') && !isTyped
  const errors = attempt ? errorsIn(drawing, option, attempt) : []
  const shown = attempt && { ...attempt, errors }
  const body = html`${errors.length === 0 ? '' : errorSummary(drawing, option, errors)}
${pairOf(drawing, view.projectName, option.app)}
<h1>${heading}</h1>
<p class="lead">${messages.connectLead(view.projectName, option.app.name)}</p>
<form method="post" class="fields" data-inline>
${option.fields.map((field) => fieldRow(drawing, withHelp(drawing, option, field), shown))}
${scopeList(drawing, option.app, option.scopes)}
${entityFact(drawing, view.projectName, view.entityId)}
<div class="actions">
<button class="primary">${leavesHere ? messages.continueTo(option.app.name) : messages.connectWithKey(option.app.name)}</button>
<div class="beside">${
    view.options.length > 1 ? html`<a class="quiet" href="?">${messages.otherApps}</a>` : ''
  }<a class="quiet" href="?not_me=1">${messages.notMe}</a></div>
</div>
</form>
${untilLine(drawing, view.expiresAt)}
${keeperLine(drawing, view.projectName, leavesHere ? messages.nextStep(option.app.name) : '')}
${otherDevice(drawing, url)}`
  return {
    status: errors.length === 0 ? 200 : 400,
    hasForm: true,
    document: documentPage(drawing, {
      title: errors.length === 0 ? heading : `${messages.errorPrefix}: ${heading}`,
      project: view.projectName,
      simulated: option.simulated,
      app: option.app.name,
      reference: view.reference,
      statusUrl: `${new URL(url).pathname}/status`,
      body,
    }),
  }
}

/**
 * The errors in the words of the page. What is plain to see from the value has a text in every language; for the rest the
 * service's own words are English, and other languages say that the form is wrong.
 */
function errorsIn({ messages }: Drawing, option: LinkOption, { values, errors, refused }: Attempt): FieldError[] {
  const { fieldErrors, lang } = messages
  return errors.map(({ property, message }) => {
    const field = option.fields.find((candidate) => inputName(candidate) === property)
    const inWords = () => {
      if (refused) return lang === 'en' ? message : fieldErrors.refused(option.app.name)
      const value = field && (values[field.name] ?? '')
      if (value?.trim() === '') return fieldErrors.required
      if (field?.options && value !== undefined && !field.options.includes(value)) return fieldErrors.choose
      if (lang === 'en') return message
      if (value !== undefined && value.length > 2000) return fieldErrors.tooLong
      if (value !== undefined && /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u.test(value)) return fieldErrors.invisible
      return fieldErrors.wrongForm(field?.example ?? null)
    }
    return { property, message: inWords() }
  })
}

function errorSummary(drawing: Drawing, option: LinkOption, errors: readonly FieldError[]): Html {
  const { messages } = drawing
  return html`<div class="summary" role="alert" tabindex="-1" autofocus data-focus aria-labelledby="summary">
<h2 id="summary">${icons.alert}${messages.errorSummary(errors.length)}</h2>
<ul>${errors.map((error) => {
    const field = option.fields.find((candidate) => inputName(candidate) === error.property)
    return field
      ? html`<li><a href="#${inputId(field)}">${labelOf(drawing, field)}: ${error.message}</a></li>`
      : html`<li>${error.message}</li>`
  })}</ul>
</div>`
}

/** The project may know a better page on where the value is found. */
const withHelp = ({ brand }: Drawing, { app }: LinkOption, field: ExpectedField): ExpectedField => ({
  ...field,
  helpUrl: brand.helpUrls[`${app.key}.${field.name}`] ?? field.helpUrl,
})

const inputId = (field: ExpectedField) => `field-${field.name}`

const labelOf = ({ messages }: Drawing, { label }: ExpectedField): string =>
  messages.labels[label as KnownLabel] ?? label

function fieldRow(drawing: Drawing, field: ExpectedField, attempt: Attempt | undefined): Html {
  const { messages } = drawing
  const id = inputId(field)
  const error = attempt?.errors.find(({ property }) => property === inputName(field))
  const lost = attempt !== undefined && field.secret && Boolean(attempt.values[field.name])
  const hints: { id: string; text: Html }[] = []
  if (field.help) hints.push({ id: `${id}-help`, text: html`${fromTheApp(drawing, field.help)}` })
  if (field.example !== null)
    hints.push({ id: `${id}-example`, text: html`${messages.example} <code>${field.example}</code>` })
  if (lost) hints.push({ id: `${id}-lost`, text: html`${messages.secretNotKept}` })
  const describedBy = [...(error ? [`${id}-error`] : []), ...hints.map((hint) => hint.id)].join(' ')
  return html`<div class="${error ? 'field wrong' : 'field'}">
<label for="${id}">${labelOf(drawing, field)}${field.required ? '' : html` <span class="optional">(${messages.optional})</span>`}</label>
${error ? html`<p class="error" id="${id}-error">${icons.alert}<span><span class="only-read">${messages.errorPrefix}: </span>${error.message}</span></p>` : ''}
${field.options ? selectInput(drawing, field, attempt, describedBy, error) : textInput(drawing, field, attempt, describedBy, error)}
${hints.map((hint) => html`<p class="hint" id="${hint.id}">${hint.text}</p>`)}
${field.helpUrl === null ? '' : html`<p class="hint"><a href="${field.helpUrl}" target="_blank" rel="noopener noreferrer">${messages.whereToFind(labelOf(drawing, field))}<span class="only-read"> (${messages.newWindow})</span></a></p>`}
</div>`
}

function textInput(
  drawing: Drawing,
  field: ExpectedField,
  attempt: Attempt | undefined,
  describedBy: string,
  error: FieldError | undefined,
): Html {
  const { messages } = drawing
  const id = inputId(field)
  const value = field.secret ? undefined : (attempt?.values[field.name] ?? field.default ?? undefined)
  const pattern = browserPattern(field)
  const input = html`<input id="${id}" name="${inputName(field)}" type="${field.secret ? 'password' : 'text'}" dir="${field.role === 'value' ? 'auto' : 'ltr'}" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false"${
    value === undefined ? '' : html` value="${value}"`
  }${field.required ? html` required` : ''}${pattern === undefined ? '' : html` pattern="${pattern}" title="${field.help || field.label}"`}${
    describedBy ? html` aria-describedby="${describedBy}"` : ''
  }${error ? html` aria-invalid="true"` : ''} data-missing="${messages.fieldErrors.required}" data-wrong="${messages.fieldErrors.wrongForm(field.example)}" data-prefix="${messages.errorPrefix}"${
    field.around
      ? html` data-before="${field.around.before}" data-after="${field.around.after}" data-shortened="${messages.shortened('%')}"`
      : ''
  }>`
  if (field.around)
    return html`<div class="around" dir="ltr">${field.around.before ? html`<span aria-hidden="true">${field.around.before}</span>` : ''}${input}<span aria-hidden="true">${field.around.after}</span></div>`
  if (!field.secret) return input
  const label = labelOf(drawing, field)
  return html`<div class="secret" dir="ltr">${input}<button type="button" class="reveal" hidden data-reveal="${id}" data-show="${messages.show}" data-hide="${messages.hide}" data-show-label="${messages.showField(label)}" data-hide-label="${messages.hideField(label)}" aria-label="${messages.showField(label)}">${messages.show}</button></div>`
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
  }${error ? html` aria-invalid="true"` : ''} data-missing="${messages.fieldErrors.choose}" data-prefix="${messages.errorPrefix}">
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
