import type { z } from 'zod'

/** One thing wrong with a definition: where (`authSchemes.0.tokenEndpoint`; empty for the whole) and what. */
export interface DefinitionProblem {
  path: string
  message: string
}

/** What `AppDefinition.safeParse` found, field by field; an unknown key is reported at that key. */
export function definitionProblems(error: z.ZodError): DefinitionProblem[] {
  return error.issues.flatMap((issue) => {
    const at = (...more: string[]) => [...issue.path, ...more].join('.')
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: at(key), message: 'is no field of an app definition' }))
    return [{ path: at(), message: plainMessage(issue) }]
  })
}

/** The schema's own messages stay; the library's speak of types to programmers. */
function plainMessage(issue: z.core.$ZodIssue): string {
  if (issue.message.endsWith('received undefined')) return 'is required'
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return `must be of type ${issue.expected === 'record' ? 'object' : issue.expected}`
  if (issue.code === 'too_small' && issue.message.startsWith('Too small') && issue.minimum === 1)
    return 'must not be empty'
  return issue.message
}
