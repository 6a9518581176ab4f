import type { AppDefinition, FieldError } from '@holdfast/sdk'

const schemes = ['OAUTH2', 'API_KEY', 'BASIC', 'BEARER_TOKEN', 'NO_AUTH']

/**
 * What can be seen while somebody types: that it is JSON, and that the parts are there. The server has the last word.
 *
 * @returns The definition, when the text is one.
 */
export function problemsOf(text: string): { definition?: AppDefinition; problems: FieldError[] } {
  let definition: unknown
  try {
    definition = JSON.parse(text)
  } catch (error) {
    return { problems: [{ property: '', message: `It is not JSON: ${(error as Error).message}` }] }
  }
  if (!isRecord(definition)) return { problems: [{ property: '', message: 'A definition is an object.' }] }
  return { definition, problems: [...ofApp(definition), ...ofSchemes(definition.authSchemes)] }
}

function ofApp(app: AppDefinition): FieldError[] {
  const problems: FieldError[] = []
  if (typeof app.key !== 'string' || !/^[a-z][a-z0-9-]*$/.test(app.key))
    problems.push({ property: 'key', message: 'is needed: lower-case letters, digits and hyphens' })
  if (typeof app.name !== 'string' || app.name === '') problems.push({ property: 'name', message: 'is needed' })
  if (!Array.isArray(app.authSchemes) || app.authSchemes.length === 0)
    problems.push({ property: 'authSchemes', message: 'needs one scheme or more' })
  return problems
}

function ofSchemes(given: unknown): FieldError[] {
  if (!Array.isArray(given)) return []
  return given.flatMap((scheme: unknown, index) => {
    const at = `authSchemes.${index}`
    if (!isRecord(scheme)) return [{ property: at, message: 'must be an object' }]
    if (!schemes.includes(String(scheme.scheme)))
      return [{ property: `${at}.scheme`, message: `must be one of ${schemes.join(', ')}` }]
    if (scheme.scheme !== 'OAUTH2') return []
    return ['authorizationEndpoint', 'tokenEndpoint'].flatMap((name) =>
      typeof scheme[name] === 'string' && /^https?:\/\//.test(scheme[name])
        ? []
        : [{ property: `${at}.${name}`, message: 'must be an https address' }],
    )
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
