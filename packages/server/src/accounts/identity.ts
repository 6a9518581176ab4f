import { identify } from '../oauth/index.ts'
import type { IdentityAnswer, Provider } from '../oauth/types.ts'
import type { AccountRow } from '../store/index.ts'

/** Whose credential it is, with the name that tells this account of the app from every other. */
export interface Owner {
  identity: IdentityAnswer
  /** For the column `identity_id`. */
  id: string
}

/** Roles of params that name a tenant of the app: person 7 of one is not person 7 of another. */
const tenantRoles: readonly string[] = ['hostLabel', 'host', 'path']

/** @returns Undefined when the app has no identity call, or does not answer it. */
export async function identifyOwner(provider: Provider): Promise<Owner | undefined> {
  const identity = await identify(provider)
  if (!identity) return undefined
  const tenant = provider.scheme.params
    .filter((param) => tenantRoles.includes(param.role))
    .map((param) => provider.values[param.name] ?? '')
  return { identity, id: [identity.id, ...tenant].join('@') }
}

export const tellsOwner = ({ app, scheme }: Pick<Provider, 'app' | 'scheme'>): boolean =>
  (scheme.identity ?? app.identity) !== undefined

/** The columns that go with it; null takes away what was known before. */
export const ownerColumns = (owner: Owner | undefined) => ({
  identity: owner ? JSON.stringify(owner.identity) : null,
  identity_id: owner?.id ?? null,
})

/**
 * Compares whose credential this is with whose the account was. An app that tells owners but did not answer now leaves the
 * question open, and open is not the same.
 */
export function compareOwner(
  row: Pick<AccountRow, 'identity_id'>,
  provider: Pick<Provider, 'app' | 'scheme'>,
  ownerId: string | null | undefined,
): 'same' | 'other' | 'unknown' {
  if (row.identity_id === null || row.identity_id === ownerId) return 'same'
  if (ownerId) return 'other'
  return tellsOwner(provider) ? 'unknown' : 'same'
}
