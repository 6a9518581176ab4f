import type { ApiKey, KeyScope } from '@holdfast/sdk'
import { counted } from '../../lib/format.ts'

export const keyScopes: readonly { scope: KeyScope; label: string; description: string; phrase: string }[] = [
  {
    scope: 'accounts:read',
    label: 'Read accounts',
    description: 'Who has connected what, and whether it works. No credentials.',
    phrase: 'read accounts',
  },
  {
    scope: 'credentials:read',
    label: 'Read credentials',
    description: 'What is needed to call the apps as the users.',
    phrase: 'read credentials',
  },
  {
    scope: 'accounts:write',
    label: 'Change accounts',
    description: 'Connect, disable, revoke and delete.',
    phrase: 'change accounts',
  },
  {
    scope: 'admin',
    label: 'Set up the project',
    description: 'Integrations, apps of your own, webhooks.',
    phrase: 'set up the project',
  },
]

/** What a key may do, as one would say it: `May read accounts and credentials of 2 entities.` */
export function sentenceOf({ scopes, entityIds, integrationIds, connectedAccountIds }: ApiKey): string {
  const may =
    scopes === null
      ? 'do everything'
      : list.format(keyScopes.filter(({ scope }) => scopes.includes(scope)).map(({ phrase }) => phrase))
  const reach = [
    entityIds && counted(entityIds.length, 'entity', 'entities'),
    integrationIds && counted(integrationIds.length, 'integration'),
    connectedAccountIds && counted(connectedAccountIds.length, 'account'),
  ].filter((part) => part !== null)
  return `May ${may || 'do nothing'}${reach.length > 0 ? `, within ${list.format(reach)}` : ''}.`
}

const list = new Intl.ListFormat('en', { type: 'conjunction' })
