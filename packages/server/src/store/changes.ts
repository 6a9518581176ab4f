/** An account's row changed in a way that a reader of it sees, or appeared or went. */
export interface AccountChange {
  id: string
  projectId: string
  appKey: string
  /** Whose it was and whose it is at the app, where that is known: others of the same identity name it as a duplicate. */
  identityIds: readonly string[]
}

/** What is told to those who keep what they read. */
export interface ChangeListener {
  account?(change: AccountChange): void
  /** An API key changed or went, by its id. */
  key?(id: string): void
  /** Something that many answers depend on changed, or it is not known what did. */
  everything(): void
}

/** How the database tells of a change, in a trigger's words. */
export type Told =
  | readonly ['account', string, string, string, string | null, string | null]
  | readonly ['key', string]
  | readonly ['everything']

/**
 * Tells those who keep what they read of every change to it, whoever made it: the database itself tells, by triggers, so no
 * write can be forgotten.
 *
 * A change made by this process is told before the call that made it returns. One made elsewhere is told on SQLite before
 * the next `isCurrent`, on PostgreSQL as soon as its notification arrives; `isCurrent` is false when one may be more than
 * two seconds late.
 */
export class Changes {
  readonly #listeners = new Set<ChangeListener>()
  readonly #isCurrent: () => boolean

  /** @param isCurrent Tells of what others changed, if it can tell now. */
  constructor(isCurrent: () => boolean) {
    this.#isCurrent = isCurrent
  }

  /** Whether what was told is all there is to tell. What was kept may be used only then. */
  isCurrent(): boolean {
    return this.#isCurrent()
  }

  /** @returns A function that ends it. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  told(change: Told): void {
    const [kind, id = ''] = change
    if (kind === 'account') {
      const [, , projectId, appKey, before, after] = change
      const identityIds = [...new Set([before, after])].filter((identity) => identity !== null)
      for (const listener of this.#listeners) listener.account?.({ id, projectId, appKey, identityIds })
    } else if (kind === 'key') for (const listener of this.#listeners) listener.key?.(id)
    else this.everything()
  }

  everything(): void {
    for (const listener of this.#listeners) listener.everything()
  }
}

/** The columns of an account that an answer with its credentials depends on. Leases and backoffs are not among them. */
const accountColumns = [
  'status',
  'reason_code',
  'reason_message',
  'enabled',
  'verification',
  'identity',
  'identity_id',
  'labels',
  'requested_scopes',
  'granted_scopes',
  'credentials',
  'credentials_version',
  'expires_at',
  'refresh_after',
  'updated_at',
].join(', ')

/** SQLite: triggers of this connection only, which call the function of this name with the parts of a `Told`. */
export const sqliteTriggers = (call: string): string[] => {
  const trigger = (table: string, event: string, told: string, when = '') =>
    `create temp trigger told_${table}_${event.split(' ')[0]} after ${event} on main.${table} ${when}
     begin select ${call}(${told}); end`
  const account = (before: string, after: string) => {
    const row = after === 'null' ? 'old' : 'new'
    return `'account', ${row}.id, ${row}.project_id, ${row}.app_key, ${before}, ${after}`
  }
  return [
    trigger('connected_accounts', 'insert', account('null', 'new.identity_id'), 'when new.identity_id is not null'),
    trigger('connected_accounts', `update of ${accountColumns}`, account('old.identity_id', 'new.identity_id')),
    trigger('connected_accounts', 'delete', account('old.identity_id', 'null')),
    trigger('api_keys', 'update', `'key', old.id`),
    trigger('api_keys', 'delete', `'key', old.id`),
    ...['projects', 'integrations', 'apps'].flatMap((table) => [
      trigger(table, 'update', `'everything'`),
      trigger(table, 'delete', `'everything'`),
    ]),
    trigger('apps', 'insert', `'everything'`),
  ]
}

/** PostgreSQL: the channel on which triggers tell a `Told` as JSON; see the migration `0008-changes`. */
export const changesChannel = 'holdfast_changes'

/** @returns What the text says; everything, when it says nothing that is known here. */
export function readTold(text: string): Told {
  try {
    const told: unknown = JSON.parse(text)
    if (Array.isArray(told) && (told[0] === 'account' || told[0] === 'key')) return told as unknown as Told
  } catch {
    // A later version may tell of something else.
  }
  return ['everything']
}
