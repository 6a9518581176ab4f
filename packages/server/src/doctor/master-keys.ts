import { type Finding, note, ok, problem } from './report.ts'

export type MasterKeysState =
  | { ids: readonly string[]; where: string; compared: boolean }
  /** Why the server would not start, in words that say what to do. */
  | { refusal: string }

export function checkMasterKeys(state: MasterKeysState): Finding {
  if ('refusal' in state) return problem('master_keys', 'The server cannot open what it has sealed.', state.refusal)
  const { ids, where, compared } = state
  if (ids.length === 0) return note('master_keys', `There are none yet; the first start makes one in ${where}.`)
  const known = `${ids.join(', ')} from ${where}`
  return compared
    ? ok('master_keys', `${known}: those this database was sealed with. Keep a copy apart from its backups.`)
    : note('master_keys', `${known}. There was no database to compare them with.`)
}
