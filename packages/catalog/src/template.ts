/** `{name}` in URLs, headers, query and body values. A name is snake_case and has no blanks, so `{ viewer { id } }` is plain text. */
const placeholder = /\{([a-z][a-z0-9_]*)\}/g

/** The names a template uses, in order, each once. */
export function templateNames(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(placeholder), (match) => match[1] as string))]
}

export class TemplateError extends Error {
  readonly param: string
  constructor(param: string, message: string) {
    super(message)
    this.param = param
  }
}

/**
 * Fills a header, query or body value. Values are inserted as they are.
 * @throws {TemplateError} when a name has no value.
 */
export function renderText(text: string, values: Readonly<Record<string, string | undefined>>): string {
  return text.replace(placeholder, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new TemplateError(name, `${name} is missing`)
    return value
  })
}

const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Fills a URL so that no value can leave its place: a value in the host must be DNS labels and the host of the built
 * URL must be exactly the rendered one; a value in the path is one encoded segment, never `.` or `..`.
 * @throws {TemplateError} naming the param that would change the URL's shape or has no value.
 */
export function renderUrl(template: string, values: Readonly<Record<string, string | undefined>>): URL {
  const match = /^(https?:\/\/)([^/?#]*)(.*)$/s.exec(template)
  if (!match) throw new TemplateError('', `not an http(s) URL template: ${template}`)
  const [, scheme, hostTemplate, rest] = match as unknown as [string, string, string, string]
  const host = hostTemplate.replace(placeholder, (_, name: string) => {
    const value = values[name]?.toLowerCase()
    if (value === undefined) throw new TemplateError(name, `${name} is missing`)
    if (!hostName.test(value)) throw new TemplateError(name, `${name} is not part of a host name`)
    return value
  })
  const tail = rest.replace(placeholder, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new TemplateError(name, `${name} is missing`)
    if (value === '' || value === '.' || value === '..') throw new TemplateError(name, `${name} is not a path segment`)
    return encodeURIComponent(value)
  })
  const url = new URL(scheme + host + tail)
  if (url.host !== new URL(scheme + host).host || url.username || url.password)
    throw new TemplateError(templateNames(template)[0] ?? '', 'the values change the host of the URL')
  return url
}
