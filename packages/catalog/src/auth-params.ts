import { type AppDefinition, type AuthScheme, type Call, learnedParamsOf, type Placement } from './schema.ts'
import { renderText, renderUrl, templateNames } from './template.ts'

/** Everything one API call of an app needs. All values may be secret. */
export interface RenderedAuth {
  /** Without a trailing slash; empty when the app has none. */
  baseUrl: string
  headers: Record<string, string>
  query: Record<string, string>
  body: Record<string, string>
}

const basicScheme = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** Where the credential goes: the app's placements, or the Authorization header of RFC 7617. */
function placements(scheme: AuthScheme, values: Readonly<Record<string, string>>): Placement[] {
  if ('send' in scheme) return scheme.send
  if (scheme.scheme !== 'BASIC') return []
  const { username, password } = scheme.basic
  return [
    {
      in: 'header',
      name: 'Authorization',
      value: basicScheme(renderText(username, values), renderText(password, values)),
    },
  ]
}

/**
 * Fills an app's base URL, fixed headers and credential placements.
 *
 * @param values Params, learned params and `access_token`, by template name.
 * @throws {TemplateError} when a value is missing or would leave its place in the URL.
 */
export function renderAuth(
  app: AppDefinition,
  scheme: AuthScheme,
  values: Readonly<Record<string, string>>,
): RenderedAuth {
  const base = scheme.baseUrl ?? app.baseUrl
  const rendered: RenderedAuth = {
    baseUrl: base === undefined ? '' : renderUrl(base, values).href.replace(/\/$/, ''),
    headers: Object.fromEntries(Object.entries(app.headers).map(([name, value]) => [name, renderText(value, values)])),
    query: Object.fromEntries(Object.entries(app.query).map(([name, value]) => [name, renderText(value, values)])),
    body: {},
  }
  const mayLack = new Set([
    ...scheme.params.filter((param) => !param.required).map((param) => param.name),
    ...learnedParamsOf(scheme).map((param) => param.name),
  ])
  for (const placement of placements(scheme, values)) {
    // An optional field left empty has no place, and a value that is still to be learnt has none yet.
    if (templateNames(placement.value).some((name) => mayLack.has(name) && !Object.hasOwn(values, name))) continue
    const target =
      placement.in === 'header' ? rendered.headers : placement.in === 'query' ? rendered.query : rendered.body
    // A Basic value is final text: base64 never contains a brace, so rendering it again changes nothing.
    target[placement.name] = renderText(placement.value, values)
  }
  return rendered
}

/** The absolute URL of a call: below the base URL when it begins with `/`. */
export function renderCallUrl(call: Pick<Call, 'url'>, baseUrl: string, values: Readonly<Record<string, string>>): URL {
  return renderUrl(call.url.startsWith('/') ? baseUrl + call.url : call.url, values)
}
