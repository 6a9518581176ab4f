/** Accounts with their credentials on the way into this installation and out of it, all of it sealed or encrypted. */
import type { Context } from '../context.ts'
import { exportAccounts } from './export.ts'
import { importAccounts } from './import.ts'
import type { Transfer } from './types.ts'

export const createTransfer = (context: Context): Transfer => ({
  import: (projectId, items) => importAccounts(context, projectId, items),
  export: (projectId, request) => exportAccounts(context, projectId, request),
})
