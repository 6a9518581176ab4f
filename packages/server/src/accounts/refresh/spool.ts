import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { AccountRow } from '../../store/index.ts'
import { changeStatus, recordEvent } from '../changes.ts'
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

/** How long an answer is kept on its way to a database that is away, and how often it is tried. Then the loop has it. */
const giveUpAfterMs = 120_000
const tryAgainMs = 1_000

/**
 * Puts an app's answer on this machine's disk in the same breath in which it arrived, before the first statement to the
 * database, and takes it away once the database has it. So neither a crash nor a database that is away loses an answer:
 * the next start, or the loop, uses what is left here.
 */
export function createSpool(context: Context) {
  const { store, clock, spoolDir, stopping, log } = context
  mkdirSync(spoolDir, { recursive: true, mode: 0o700 })
  /** Replies that this process is storing right now. */
  const busy = new Set<string>()

  /** A disk that is full is no reason to lose the answer: the database may well take it. */
  const write = (name: string, { sealed, ...rest }: Reply): void => {
    try {
      const text = JSON.stringify({ ...rest, sealed: Buffer.from(sealed).toString('base64') })
      writeFileSync(join(spoolDir, `${name}.part`), text, { mode: 0o600 })
      renameSync(join(spoolDir, `${name}.part`), join(spoolDir, name))
    } catch (error) {
      log.warn({ err: error, accountId: rest.accountId }, 'the spool cannot be written to')
    }
  }

  /**
   * What is written survives this process; that it survives the machine takes as long as a commit, so it is asked for only
   * when there will be none soon.
   */
  const flush = (name: string): void => {
    for (const path of [join(spoolDir, name), spoolDir]) {
      try {
        const file = openSync(path, 'r')
        fsyncSync(file)
        closeSync(file)
      } catch (error) {
        log.warn({ err: error, file: name }, 'the spool cannot be flushed')
      }
    }
  }

  /** @returns Undefined for an answer that another process with the same folder has settled, or that cannot be read. */
  const read = (name: string): Reply | undefined => {
    try {
      const { sealed, ...rest } = JSON.parse(readFileSync(join(spoolDir, name), 'utf8')) as Omit<Reply, 'sealed'> & {
        sealed: string
      }
      return { ...rest, sealed: Buffer.from(sealed, 'base64') }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      log.warn({ err: error, file: name }, 'a file in the spool cannot be read and was set aside')
      renameSync(join(spoolDir, name), join(spoolDir, `${name}.unreadable`))
      return undefined
    }
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
      if (before && stored) {
        if (before.status === 'ACTIVE')
          await recordEvent(queries, stored, 'connected_account.credentials_refreshed', at)
        await recordScopeChange(queries, before, stored, at)
      }
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

  /** The database may be away for a moment; whoever takes the lease meanwhile must hear of this answer first. */
  const useInTime = async (name: string, reply: Reply): Promise<AccountRow | undefined> => {
    let isFlushed = false
    const giveUpAt = clock.now().getTime() + giveUpAfterMs
    for (;;) {
      try {
        return await use(reply)
      } catch (error) {
        if (!isFlushed) flush(name)
        isFlushed = true
        if (stopping.aborted || clock.now().getTime() >= giveUpAt) throw error
        log.warn({ err: error, accountId: reply.accountId }, 'an answer could not be stored yet')
        await clock.sleep(tryAgainMs, stopping).catch(() => undefined)
      }
    }
  }

  const settle = async (name: string): Promise<void> => {
    const begun = performance.now()
    const reply = read(name)
    if (!reply) return
    const stored = await use(reply)
    if (!stored) await giveBack(reply)
    forget(name)
    if (stored) context.metrics.refreshEnded(stored.app_key, 'recovered', (performance.now() - begun) / 1000)
    log.info({ accountId: reply.accountId, used: stored !== undefined }, 'an answer left in the spool was settled')
    if (stored) await store.signals.changed(reply.accountId)
  }

  return {
    /**
     * Stores an answer that just arrived. When the database stays away the answer stays in the spool and the error is
     * thrown on.
     * @returns The row as stored; undefined when another change came first.
     */
    async store(reply: Reply): Promise<AccountRow | undefined> {
      const name = `${reply.accountId}-${reply.credentialsVersion}.json`
      busy.add(name)
      try {
        write(name, reply)
        const stored = await useInTime(name, reply)
        if (!stored) await giveBack(reply)
        forget(name)
        return stored
      } finally {
        busy.delete(name)
      }
    },

    /** @param accountId Only of this account. @returns How many answers were found and used or were no longer needed. */
    async replay(accountId = ''): Promise<number> {
      const names = readdirSync(spoolDir).filter(
        (name) => name.startsWith(accountId) && name.endsWith('.json') && !busy.has(name),
      )
      for (const name of names) await settle(name)
      return names.length
    },
  }
}

export type Spool = ReturnType<typeof createSpool>
