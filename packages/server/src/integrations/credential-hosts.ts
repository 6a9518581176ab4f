import type { AppDefinition } from '@holdfast/catalog'
import { AppError } from '../errors.ts'
import type { Store } from '../store/index.ts'

/** Links for people: no credential goes there. */
const forPeople = new Set(['$schema', 'source', 'setup', 'helpUrl'])

/** Every host that a definition has credentials sent to, as templates in lower case. */
export function credentialHosts(definition: AppDefinition): Set<string> {
  const hosts = new Set<string>()
  const look = (value: unknown) => {
    if (typeof value === 'string') {
      const [, host] = /^https?:\/\/([^/?#]+)/i.exec(value) ?? []
      if (host !== undefined) hosts.add(host.toLowerCase())
    } else if (typeof value === 'object' && value !== null)
      for (const [name, part] of Object.entries(value)) if (!forPeople.has(name)) look(part)
  }
  look(definition)
  return hosts
}

/**
 * A key that a person gave for one host is not sent to another because a definition was changed: they have to give it
 * again. So has the operator with the secret of an OAuth client.
 *
 * @throws {AppError} conflict while there are accounts or client secrets of the app.
 */
export async function refuseIfMoved(
  store: Store,
  projectId: string,
  before: AppDefinition,
  after: AppDefinition,
): Promise<void> {
  const known = credentialHosts(before)
  const [moved] = [...credentialHosts(after)].filter((host) => !known.has(host))
  if (moved === undefined) return
  const accounts = await store.accounts.count(projectId, {
    appKeys: [before.key],
    statuses: ['ACTIVE', 'EXPIRED', 'INITIATED'],
  })
  if (accounts > 0)
    throw new AppError(
      'conflict',
      `${accounts} connected ${accounts === 1 ? 'account' : 'accounts'} of ${before.key} would be sent to ${moved}, for which nobody gave them. Delete them first, or add the app under another key.`,
    )
  const rows = await store.integrations.list(projectId, { appKey: before.key })
  const holder = rows.find((row) => row.client_secret !== null || row.params !== null)
  if (holder)
    throw new AppError(
      'conflict',
      `The secret of the integration ${holder.name} would be sent to ${moved}. Delete the integration first, or add the app under another key.`,
    )
}
