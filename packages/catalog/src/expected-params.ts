import { matchesPattern } from './pattern.ts'
import { type AppDefinition, type AuthScheme, endpointsOf, keyParamOf, type Param } from './schema.ts'
import { hostOf, renderUrl, TemplateError, templateNames } from './template.ts'

/** What is wrong with one field, in words for the person who fills it in. Never holds the value. */
export interface ParamProblem {
  name: string
  message: string
}

export interface CheckedParams {
  /** Checked values by param name, defaults filled in. To be used only when there are no problems. */
  values: Record<string, string>
  problems: ParamProblem[]
}

/** The parts of an app that say where its params go. */
type Where = Pick<AppDefinition, 'baseUrl' | 'headers'>

const maxCredentialBytes = 16 * 1024
const maxLength = 500

/**
 * Checks what a person or an API caller gave for the params of a scheme: strings only, nothing missing, nothing
 * unknown, walls hold, and every URL built from the values stays at the app's own host.
 *
 * The only change made to a value is that of a pasted address: `https://Acme.myshopify.com/admin` becomes `acme` for a
 * host label that stands before `.myshopify.com`, and a host is lower-cased and loses `https://` and path.
 *
 * @param app Whose base URL and headers apply when the scheme has none of its own.
 */
export function checkParams(app: Where, scheme: AuthScheme, data: Readonly<Record<string, unknown>>): CheckedParams {
  const values: Record<string, string> = {}
  const problems: ParamProblem[] = []
  const urls = urlTemplates(scheme, app)
  const headers = headerParams(scheme, app)
  const key = keyParamOf(scheme)

  for (const param of scheme.params) {
    const given = Object.hasOwn(data, param.name) ? data[param.name] : undefined
    const outcome = checkParam(param, param.name === key ? joined(given) : given, urls, headers)
    if ('problem' in outcome) problems.push({ name: param.name, message: outcome.problem })
    else if (outcome.value !== undefined) values[param.name] = outcome.value
  }
  const known = new Set(scheme.params.map((param) => param.name))
  for (const name of Object.keys(data)) if (!known.has(name)) problems.push(unknown(name, known))
  return { values, problems: problems.length > 0 ? problems : checkUrls(urls, values) }
}

function unknown(name: string, known: ReadonlySet<string>): ParamProblem {
  const expected = known.size > 0 ? `expected: ${[...known].join(', ')}` : 'nothing is asked for here'
  return { name: name.slice(0, 100), message: `is not a field of this connection; ${expected}` }
}

type Outcome = { value: string | undefined } | { problem: string }

function checkParam(param: Param, given: unknown, urls: readonly string[], headers: ReadonlySet<string>): Outcome {
  if (given === undefined || given === null || given === '') {
    if (param.default !== undefined) return { value: param.default }
    return param.required ? { problem: 'is required' } : { value: undefined }
  }
  if (typeof given !== 'string') return { problem: 'must be a string' }
  const value = normalise(param, given, urls)
  const problem = wrongText(param, value, headers) ?? wrongForm(param, value)
  return problem === undefined ? { value } : { problem }
}

/** A key has lines, and a form may have taken their ends away: they mean nothing in PEM, nor between the parts of JSON. */
const joined = (given: unknown) => (typeof given === 'string' ? given.replace(/[\r\n\t]+/g, ' ').trim() : given)

/** A person copies the address out of the browser; the label or host in it is what was meant. */
function normalise(param: Param, given: string, urls: readonly string[]): string {
  if (param.role !== 'hostLabel' && param.role !== 'host') return given
  const typed = given.trim().toLowerCase()
  const host = typed.replace(/^https?:\/\//, '').replace(/[/?#].*$/s, '')
  if (param.role === 'host') return typed.startsWith('http') && typed !== host ? host : typed
  for (const url of urls) {
    const [before, after, ...more] = hostOf(url).toLowerCase().split(`{${param.name}}`)
    if (!before?.includes('{') && after && !after.includes('{') && more.length === 0)
      if (host.startsWith(before ?? '') && host.endsWith(after) && host.length > (before ?? '').length + after.length)
        return host.slice((before ?? '').length, -after.length)
  }
  return typed
}

/**
 * What stands around a host label in the addresses of the app, for a form: `{ before: '', after: '.myshopify.com' }`.
 * Undefined where the label stands nowhere, or beside another part that is asked for.
 */
export function aroundInHost(
  app: Where,
  scheme: AuthScheme,
  name: string,
): { before: string; after: string } | undefined {
  if (scheme.params.find((param) => param.name === name)?.role !== 'hostLabel') return undefined
  for (const url of urlTemplates(scheme, app)) {
    const [before = '', after, ...more] = hostOf(url).toLowerCase().split(`{${name}}`)
    if (after && more.length === 0 && !before.includes('{') && !after.includes('{')) return { before, after }
  }
  return undefined
}

function wrongText(param: Param, value: string, headers: ReadonlySet<string>): string | undefined {
  if (param.role === 'credential') {
    if (Buffer.byteLength(value) > maxCredentialBytes) return 'is too long: at most 16 kB'
  } else if (value.length > maxLength) return `is too long: at most ${maxLength} characters`
  if (value.trim() === '') return 'is empty: it holds only blanks'
  if (/^\s|\s$/u.test(value)) return 'begins or ends with a blank or a line break; copy it again without'
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Cf}]/u.test(value))
    return 'holds a line break or another invisible character; copy it again'
  if (headers.has(param.name) && !/^[\x20-\x7e]+$/.test(value))
    return 'holds a character that cannot be sent to the app: only letters A–Z, digits and plain signs can'
  return undefined
}

const dnsLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function wrongForm(param: Param, value: string): string | undefined {
  if (param.options && !param.options.includes(value)) return `must be one of: ${param.options.join(', ')}`
  // Providers change the form of their keys: the app's test call says whether one is good.
  if (param.role === 'credential') return undefined
  const fits =
    (param.pattern === undefined || matchesPattern(param.pattern, value)) &&
    (param.role !== 'hostLabel' || dnsLabel.test(value)) &&
    (param.role !== 'path' || (value !== '.' && value !== '..' && !value.includes('/')))
  if (fits) return undefined
  return param.example === undefined ? 'has the wrong form' : `has the wrong form; for example: ${param.example}`
}

/** The second look at the walls: what the URL parser makes of the values is what counts. */
function checkUrls(urls: readonly string[], values: Readonly<Record<string, string>>): ParamProblem[] {
  for (const url of urls) {
    // Learned params and tokens have no value yet; they are checked when they have.
    if (templateNames(url).some((name) => !Object.hasOwn(values, name))) continue
    try {
      renderUrl(url, values)
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      return [{ name: error.param, message: 'does not make a valid address of the app' }]
    }
  }
  return []
}

function urlTemplates(scheme: AuthScheme, app: Where): string[] {
  const own = endpointsOf(scheme).map(({ url }) => url)
  const all = [scheme.baseUrl ?? app.baseUrl, ...own].filter((url) => url !== undefined)
  // A path stands below the base URL, which is checked for itself.
  return all.filter((url) => !url.startsWith('/'))
}

/** Params that become part of a header as they are; a Basic credential is sent as base64, so it may be any text. */
function headerParams(scheme: AuthScheme, app: Where): ReadonlySet<string> {
  const sent = 'send' in scheme ? scheme.send.filter((placement) => placement.in === 'header') : []
  return new Set([...Object.values(app.headers), ...sent.map((placement) => placement.value)].flatMap(templateNames))
}
