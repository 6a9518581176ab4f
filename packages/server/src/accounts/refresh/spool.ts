import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { AccountRow } from '../../store/index.ts'
import { changeStatus } from '../changes.ts'
import type { Context } from '../context.ts'
import type { ExpiryColumns } from '../credentials.ts'
import { reasonColumns } from '../reasons.ts'
import { abandonSealed } from '../revocation.ts'
import { recordScopeChange } from '../scopes.ts'

/** An app's answer, sealed for the version that the account's credentials will have. */
export interface Reply {
  projectId: string
  accountId: string
  integrationId: string
  appKey: string
  /** Of the credentials it replaces. */
  credentialsVersion: number
  fence: number
  sealed: Uint8Array
  expiry: ExpiryColumns
  grantedScopes: string[] | null
}

/**
 * Puts an app's answer on this machine's disk in the same breath in which it arrived, before the first statement to the
 * database, and takes it away once the database has it. So neither a crash nor a database that is away loses an answer:
 * the next start, or the loop, uses what is left here.
 */
export function createSpool(context: Context) {
  const { store, clock, spoolDir } = context
  mkdirSync(spoolDir, { recursive: true, mode: 0o700 })
  /** Replies that this process is storing right now. */
  const busy = new Set<string>()

  const write = (reply: Reply): string => {
    const name = `${reply.accountId}-${reply.credentialsVersion}.json`
    const { sealed, ...rest } = reply
    const file = openSync(join(spoolDir, `${name}.part`), 'w', 0o600)
    try {
      writeSync(file, JSON.stringify({ ...rest, sealed: Buffer.from(sealed).toString('base64') }))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(join(spoolDir, `${name}.part`), join(spoolDir, name))
    return name
  }

  const forget = (name: string) => rmSync(join(spoolDir, name), { force: true })

  /** @returns The row as stored; undefined when another change came first, and wins. */
  const use = (reply: Reply): Promise<AccountRow | undefined> =>
    store.transaction(async (queries) => {
      const { projectId, accountId, credentialsVersion } = reply
      const before = await queries.accounts.find(projectId, accountId)
      const at = clock.now()
      const changes = {
        credentials: reply.sealed,
        ...reply.expiry,
        ...(reply.grantedScopes && { granted_scopes: JSON.stringify(reply.grantedScopes) }),
        ...reasonColumns(null),
        retry_after: null,
        refresh_failures: 0,
        updated_at: at.getTime(),
      }
      // An answer found after its loss was already recorded brings the account back.
      const stored =
        before === undefined || before.credentials_version !== credentialsVersion
          ? undefined
          : before.status === 'ACTIVE'
            ? await queries.accounts.replaceCredentials(projectId, accountId, credentialsVersion, changes)
            : await changeStatus(
                queries,
                before,
                { ...changes, status: 'ACTIVE' },
                { type: 'connected_account.reactivated', at },
              )
      await queries.accounts.endAttempt(accountId, reply.fence)
      if (before && stored) await recordScopeChange(queries, before, stored, at)
      return stored
    })

  /**
   * Tokens for an account that was deleted or revoked meanwhile are given back. Those of one that was connected anew are
   * not: to the app they may be the same grant.
   */
  const giveBack = async (reply: Reply): Promise<void> => {
    const row = await store.accounts.find(reply.projectId, reply.accountId)
    if (row && row.credentials !== null) return
    await abandonSealed(
      context,
      { id: reply.accountId, project_id: reply.projectId, integration_id: reply.integrationId, app_key: reply.appKey },
      { credentials: reply.sealed, credentials_version: reply.credentialsVersion + 1 },
    )
  }

  return {
    /**
     * Stores an answer that just arrived. When the database is away the answer stays in the spool and the error is thrown on.
     * @returns The row as stored; undefined when another change came first.
     */
    async store(reply: Reply): Promise<AccountRow | undefined> {
      const name = write(reply)
      busy.add(name)
      try {
        const stored = await use(reply)
        if (!stored) await giveBack(reply)
        forget(name)
        return stored
      } finally {
        busy.delete(name)
      }
    },

    /** @returns How many answers were found and used or were no longer needed. */
    async replay(): Promise<number> {
      const names = readdirSync(spoolDir).filter((name) => name.endsWith('.json') && !busy.has(name))
      for (const name of names) {
        const { sealed, ...rest } = JSON.parse(readFileSync(join(spoolDir, name), 'utf8')) as Omit<Reply, 'sealed'> & {
          sealed: string
        }
        const begun = performance.now()
        const reply = { ...rest, sealed: Buffer.from(sealed, 'base64') }
        const stored = await use(reply)
        if (!stored) await giveBack(reply)
        forget(name)
        if (stored) context.metrics.refreshEnded(stored.app_key, 'recovered', (performance.now() - begun) / 1000)
        context.log.info(
          { accountId: rest.accountId, used: stored !== undefined },
          'an answer left in the spool was settled',
        )
        if (stored) await store.signals.changed(rest.accountId)
      }
      return names.length
    },
  }
}

export type Spool = ReturnType<typeof createSpool>
