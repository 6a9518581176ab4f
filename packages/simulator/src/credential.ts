import { type AuthScheme, learnedParamsOf, type Placement, templateNames } from '@holdfast/catalog'
import { readTemplate } from './template-reader.ts'

/** What a call carried for one auth scheme: the values of the names in its placements, or nothing where one is missing. */
export type FoundCredential = Record<string, string> | undefined

/** The parts of a call in which a credential may stand. */
export interface CallParts {
  headers: Headers
  query: URLSearchParams
  /** Fields of a form or JSON body; empty for any other. */
  body: Record<string, string>
}

export function findCredential(scheme: AuthScheme, call: CallParts): FoundCredential {
  if (scheme.scheme === 'NO_AUTH') return {}
  if (scheme.scheme === 'BASIC') return basicValues(scheme.basic, call.headers.get('authorization'))
  if (!('send' in scheme)) return undefined
  const values: Record<string, string> = {}
  const mayLack = new Set([
    ...scheme.params.filter((param) => !param.required).map((param) => param.name),
    ...learnedParamsOf(scheme).map((param) => param.name),
  ])
  for (const placement of scheme.send) {
    const text = textAt(placement, call)
    if (text === null && templateNames(placement.value).some((name) => mayLack.has(name))) continue
    const found =
      text === null ? undefined : readTemplate(placement.value, text, { anyCase: placement.in === 'header' })
    if (!found) return undefined
    Object.assign(values, found)
  }
  return values
}

function textAt(placement: Placement, call: CallParts): string | null {
  if (placement.in === 'header') return call.headers.get(placement.name)
  if (placement.in === 'query') return call.query.get(placement.name)
  return call.body[placement.name] ?? null
}

/** RFC 7617: the user name ends at the first colon. One half may be empty, not both. */
function basicValues(basic: { username: string; password: string }, header: string | null): FoundCredential {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(header ?? '')?.[1]
  const halves = encoded && /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString())
  if (!halves) return undefined
  const username = readTemplate(basic.username, halves[1] ?? '', { mayBeEmpty: true })
  const password = readTemplate(basic.password, halves[2] ?? '', { mayBeEmpty: true })
  if (!username || !password) return undefined
  const values = { ...username, ...password }
  return Object.values(values).some((value) => value !== '') ? values : undefined
}
