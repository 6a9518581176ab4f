/** What may stand behind the ? of an address. Anything else is ignored, so that an old link still leads somewhere. */

type Given = Record<string, unknown>

export interface AccountSearch {
  search?: string
  entity?: string
  /** Comma-joined. */
  app?: string
  integration?: string
  /** Comma-joined. */
  status?: string
  disabled?: 'hide'
}

export const accountSearch = (given: Given): AccountSearch => ({
  search: text(given.search),
  entity: text(given.entity),
  app: text(given.app),
  integration: text(given.integration),
  status: text(given.status),
  disabled: given.disabled === 'hide' ? 'hide' : undefined,
})

export const entitySearch = (given: Given): { search?: string } => ({ search: text(given.search) })

export const appSearch = (given: Given): { search?: string; category?: string; scheme?: string; app?: string } => ({
  search: text(given.search),
  category: text(given.category),
  scheme: text(given.scheme),
  app: text(given.app),
})

export const deliverySearch = (given: Given): { status?: string; delivery?: string } => ({
  status: text(given.status),
  delivery: text(given.delivery),
})

export interface RequestSearch {
  /** Failed ones only unless it says otherwise. */
  show?: 'all'
  code?: string
  account?: string
  request?: string
}

export const requestSearch = (given: Given): RequestSearch => ({
  show: given.show === 'all' ? 'all' : undefined,
  code: text(given.code),
  account: text(given.account),
  request: text(given.request),
})

const settingsTabs = ['project', 'projects', 'operators', 'you'] as const

export const settingsSearch = (given: Given): { tab?: (typeof settingsTabs)[number] } => ({
  tab: settingsTabs.find((tab) => tab === given.tab),
})

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
