import type { AccountStatus } from '@holdfast/sdk'
import type { ApiCall } from '../../lib/api-call.ts'
import { javascriptValue } from '../../lib/api-call.ts'
import type { AccountFilter } from '../../queries/accounts.ts'

export const accountStatuses: readonly AccountStatus[] = ['ACTIVE', 'INITIATED', 'EXPIRED', 'FAILED']

/** The filter as it stands in the address: lists are comma-joined. */
export interface AccountSearch {
  search?: string
  entity?: string
  app?: string
  integration?: string
  status?: string
  disabled?: 'hide'
}

export function filterOf({ search, entity, app, integration, status, disabled }: AccountSearch): AccountFilter {
  return {
    search,
    entity,
    app: listOf(app),
    integration,
    status: listOf(status)?.filter((one): one is AccountStatus => (accountStatuses as readonly string[]).includes(one)),
    disabled,
  }
}

export const listOf = (text: string | undefined): string[] | undefined => text?.split(',').filter(Boolean)

export const isNarrowed = (search: AccountSearch): boolean => Object.values(search).some((value) => value !== undefined)

export function listCall({ search, entity, app, integration, status, disabled }: AccountFilter): ApiCall {
  const filter = {
    search,
    entityId: entity,
    app,
    integrationId: integration,
    status,
    showDisabled: disabled === 'hide' ? false : undefined,
  }
  return {
    method: 'GET',
    path: '/api/v1/connectedAccounts',
    query: {
      search,
      entityId: entity,
      appNames: app,
      integrationId: integration,
      status,
      showDisabled: disabled === 'hide' ? 'false' : undefined,
    },
    javascript: `holdfast.connectedAccounts.list(${javascriptValue(filter)}).page(1)`,
  }
}
