import { z } from 'zod'
import { AppDefinition } from './schema.ts'

/**
 * The JSON Schema (draft 2020-12) of an app definition as one writes it, for completion in editors. The rules that tie
 * fields together are not in it: `AppDefinition` checks those.
 */
export function appJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(AppDefinition, { target: 'draft-2020-12', io: 'input' }),
    title: 'Holdfast app definition',
    description: 'How one third-party service authenticates.',
  }
}
