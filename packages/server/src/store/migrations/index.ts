import type { Migration } from 'kysely/migration'
import { initial } from './0001-initial.ts'

/** Applied in order, each once, each in a transaction. Append only: a released migration never changes. */
export const migrations = (kind: 'sqlite' | 'postgres'): Record<string, Migration> => ({
  '0001-initial': initial(kind),
})
