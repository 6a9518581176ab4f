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
    return [{ path: at(), message: issue.message }]
  })
}
