/** `{name}` in URLs, headers, query and body values. A name is snake_case and has no blanks, so `{ viewer { id } }` is plain text. */
const placeholder = /\{([a-z][a-z0-9_]*)\}/g

/** Values of a template by name. */
export type TemplateValues = Readonly<Record<string, string | undefined>>

/** The names a template uses, in order, each once. */
export function templateNames(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(placeholder), (match) => match[1] as string))]
}

export class TemplateError extends Error {
  readonly param: string
  constructor(param: string, message: string) {
    super(message)
    this.name = 'TemplateError'
    this.param = param
  }
}

/**
 * Fills a header, query or body value. Values are inserted as they are.
 * @throws {TemplateError} when a name has no value.
 */
export function renderText(text: string, values: TemplateValues): string {
  return text.replace(placeholder, (_, name: string) => given(values, name))
}

/**
 * Fills a URL so that no value can leave its place: a value in the host must be DNS labels and the host of the built
 * URL must be exactly the rendered one; a value in the path or query is encoded, and in the path never `.` or `..`.
 * @throws {TemplateError} naming the param that would change the URL's shape or has no value.
 */
export function renderUrl(template: string, values: TemplateValues): URL {
  const { origin, hostTemplate, path, query } = splitUrl(template)
  const host = hostTemplate.toLowerCase().replace(placeholder, (_, name: string) => {
    const value = given(values, name).toLowerCase()
    if (!hostName.test(value)) throw new TemplateError(name, `${name} is not part of a host name`)
    return value
  })
  const segments = path.replace(placeholder, (_, name: string) => {
    const value = given(values, name)
    if (value === '' || value === '.' || value === '..') throw new TemplateError(name, `${name} is not a path segment`)
    return encode(name, value)
  })
  const parameters = query.replace(placeholder, (_, name: string) => encode(name, given(values, name)))
  const url = URL.parse(origin + host + segments + parameters)
  // A host of digits such as 2130706433 passes as a label, and the URL parser reads an address out of it.
  if (url?.hostname !== host.replace(/:\d+$/, '') || url.hostname.length > 253 || url.username || url.password)
    throw new TemplateError(templateNames(hostTemplate)[0] ?? '', 'the values do not make a host name')
  return url
}

/** The host part of a URL template, port included; empty when it is no http(s) URL. */
export function hostOf(template: string): string {
  return urlTemplate.exec(template)?.[2] ?? ''
}

/** The path of a URL template, or of a path below a base URL. */
export function pathOf(template: string): string {
  return (urlTemplate.exec(template)?.[3] ?? template).replace(/[?#].*$/s, '')
}

const urlTemplate = /^(https?:\/\/)([^/?#\\]*)([^?#]*)(\?[^#]*)?$/s

/** One or more DNS labels (RFC 1123 §2.1). */
const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function splitUrl(template: string) {
  const match = urlTemplate.exec(template)
  if (!match) throw new TemplateError('', `not an http(s) URL template: ${template}`)
  const [, origin = '', hostTemplate = '', path = '', query = ''] = match
  return { origin, hostTemplate, path, query }
}

/** Own properties only: a param may be called `constructor`. */
function given(values: TemplateValues, name: string): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  if (value === undefined) throw new TemplateError(name, `${name} is missing`)
  return value
}

function encode(name: string, value: string): string {
  try {
    return encodeURIComponent(value)
  } catch {
    throw new TemplateError(name, `${name} holds half a character`)
  }
}
