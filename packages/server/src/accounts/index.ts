/**
 * Connected accounts: initiate, complete, refresh, reconnect, disable, delete. The API, the pages and the jobs all call
 * these verbs; nothing else changes an account.
 */
import { AppError } from '../errors.ts'
import type { AccountRow } from '../store/index.ts'
import { changeMany } from './bulk.ts'
import { checkAccount, refreshNow } from './checking.ts'
import { confirm } from './confirmation.ts'
import type { Context } from './context.ts'
import { openCredentials } from './credentials.ts'
import { createDeviceFlow, pollDevices } from './device.ts'
import { setEnabled } from './enabling.ts'
import { deleteAccount, deleteAccountsOf, deleteAccountsOfProject, revokeAccount } from './endings.ts'
import { createEntities } from './entities.ts'
import { createFlow } from './flow.ts'
import { readHistory } from './history.ts'
import { initiate, reinitiate } from './initiate.ts'
import { keepingIntegrations } from './kept-integrations.ts'
import { createKillSwitches } from './kill-switch.ts'
import { createLinks } from './links.ts'
import { cursorAfter, readCursor } from './list-cursor.ts'
import { toAccount } from './present.ts'
import { getWithCredentials, readAuthParams, readCurrent, revealCredentials } from './reading.ts'
import { createBackground } from './refresh/background.ts'
import { createRefresher } from './refresh/index.ts'
import { expireRequests } from './requests.ts'
import { toRevocation } from './revocation.ts'
import { revokeDue } from './revocation-jobs.ts'
import { selectionOf } from './selection.ts'
import { signCall } from './signing.ts'
import { createTransfer } from './transfer/index.ts'
import type { Accounts, ConnectFlow, Entities, KillSwitches, Transfer } from './types.ts'
import { waitForStatus } from './wait.ts'

export type { AccountsLog, Context, ProviderSide } from './context.ts'
export type * from './types.ts'

/** What the loops call. */
export interface AccountJobs {
  /** Fails connection requests whose time is up. @returns How many. */
  expireRequests(): Promise<number>
  /** Asks apps whether people have typed their codes. @returns How many were asked about. */
  pollDevices(): Promise<number>
  /** Starts refreshing what is due, ahead of any read; returns once it is under way. */
  refreshDue(): Promise<void>
  /** Warns of refresh tokens that end soon and that no refresh renews. @returns How many. */
  warnOfEnds(): Promise<number>
  /** Uses answers of apps that wait on this machine's disk. @returns How many. */
  replaySpool(): Promise<number>
  /** Gives grants of ended accounts back to their apps. @returns How many attempts were made. */
  revokeDue(): Promise<number>
  /** Goes on with kill switches. @returns How many accounts were looked at. */
  killDue(): Promise<number>
  /** Resolves when no refresh of this process is under way. */
  idle(): Promise<void>
}

export function createAccounts(context: Context): {
  accounts: Accounts
  entities: Entities
  transfer: Transfer
  killSwitches: KillSwitches
  flow: ConnectFlow
  jobs: AccountJobs
} {
  const { store, clock } = context
  const refresher = createRefresher(context)
  const { ensureFresh } = refresher
  const background = createBackground(context, refresher)

  const integrationOf = keepingIntegrations(context)

  const killSwitches = createKillSwitches(context)

  const find = async (projectId: string, id: string): Promise<AccountRow> => {
    const row = await store.accounts.find(projectId, id)
    if (!row) throw new AppError('not_found', 'There is no such connected account.')
    return row
  }

  const present = async (row: AccountRow) => {
    const app = await context.integrations.findApp(row.project_id, row.app_key)
    return toAccount(row, app?.definition.name ?? row.app_key)
  }

  const accounts: Accounts = {
    initiate: (projectId, input) => initiate(context, projectId, input),
    reinitiate: (projectId, accountId, input) => reinitiate(context, projectId, accountId, input),
    confirm: async (projectId, input) => present(await confirm(context, projectId, input)),
    get: async (projectId, id) => present(await find(projectId, id)),
    getWithCredentials: (projectId, id) => getWithCredentials(context, ensureFresh, projectId, id),
    current: (projectId, id) => readCurrent(context, integrationOf, projectId, id),
    authParams: (projectId, id) => readAuthParams(context, ensureFresh, projectId, id),
    sign: (projectId, id, call) => signCall(context, ensureFresh, projectId, id, call),
    reveal: (projectId, id, to) => revealCredentials(context, ensureFresh, projectId, id, to),

    async list(projectId, filter, { page, pageSize }) {
      const selected = selectionOf(filter)
      const totalItems = await store.accounts.count(projectId, selected)
      const offset = (page - 1) * pageSize
      const rows = await store.accounts.list(projectId, selected, { offset, limit: pageSize })
      return {
        items: await Promise.all(rows.map(present)),
        page,
        totalPages: Math.ceil(totalItems / pageSize),
        totalItems,
        nextCursor: offset + rows.length < totalItems ? cursorAfter(rows) : null,
      }
    },

    async listFrom(projectId, filter, { cursor, pageSize }) {
      const selected = selectionOf(filter)
      const rows = await store.accounts.listBefore(projectId, selected, readCursor(cursor), pageSize + 1)
      const page = rows.slice(0, pageSize)
      return {
        items: await Promise.all(page.map(present)),
        nextCursor: rows.length > pageSize ? cursorAfter(page) : null,
      }
    },

    async waitFor(projectId, accountId, status, timeoutMs, signal) {
      return present(await waitForStatus(context, projectId, accountId, status, timeoutMs, signal))
    },

    async setEnabled(projectId, id, enabled) {
      const set = await store.transaction((queries) => setEnabled(queries, projectId, id, enabled, clock.now()))
      if (!set) throw new AppError('not_found', 'There is no such connected account.')
      await store.signals.changed(id)
      return present(set.row)
    },

    async setLabels(projectId, id, labels) {
      const row = await store.accounts.update(projectId, id, {
        labels: JSON.stringify([...new Set(labels)]),
        updated_at: clock.now().getTime(),
      })
      if (!row) throw new AppError('not_found', 'There is no such connected account.')
      return present(row)
    },

    refresh: async (projectId, id) => present(await refreshNow(context, ensureFresh, projectId, id)),
    check: (projectId, id) => checkAccount(context, ensureFresh, projectId, id),
    changeMany: (projectId, change) =>
      changeMany(context, (project, id) => refreshNow(context, ensureFresh, project, id), projectId, change),

    duplicatesOf: async (projectId, id) => store.accounts.idsWithIdentity(projectId, await find(projectId, id), 100),
    history: (projectId, id, paging) => readHistory(context, projectId, id, paging),
    revoke: (projectId, id) => revokeAccount(context, projectId, id),
    delete: (projectId, id) => deleteAccount(context, projectId, id),
    deleteOfIntegration: (projectId, integrationId) => deleteAccountsOf(context, projectId, integrationId),
    deleteOfProject: (projectId) => deleteAccountsOfProject(context, projectId),

    async getRevocation(projectId, id) {
      const row = await store.revocations.find(projectId, id)
      if (!row) throw new AppError('not_found', 'There is no such revocation.')
      return toRevocation(row)
    },

    async scriptSimulator(projectId, id, script) {
      const row = await find(projectId, id)
      if (row.simulated === 0 || !context.scriptSimulator)
        throw new AppError('not_supported', 'Only a simulated account of a test project takes a simulator script.')
      const credentials = await openCredentials(context, row)
      const token = credentials?.tokens?.accessToken ?? credentials?.params.oauth_token
      const state = token === undefined ? undefined : await context.scriptSimulator(token, script)
      if (!state)
        throw new AppError(
          'account_not_active',
          'The simulator knows this account only once it was connected by OAuth.',
        )
      if (script.expireNow) {
        const now = clock.now().getTime()
        await store.accounts.update(projectId, id, {
          expires_at: now,
          refresh_after: now,
          background_after: null,
          updated_at: now,
        })
      }
      return state
    },
  }

  return {
    accounts,
    entities: createEntities(context),
    transfer: createTransfer(context),
    killSwitches,
    flow: { ...createFlow(context), ...createDeviceFlow(context), ...createLinks(context) },
    jobs: {
      expireRequests: () => expireRequests(context),
      pollDevices: () => pollDevices(context),
      refreshDue: background.refreshDue,
      warnOfEnds: background.warnOfEnds,
      replaySpool: refresher.replaySpool,
      revokeDue: () => revokeDue(context),
      killDue: killSwitches.runDue,
      idle: refresher.idle,
    },
  }
}
