import type { ConnectLink, Integration } from '@holdfast/sdk'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ExternalLink } from 'lucide-react'
import { useState } from 'react'
import { javascriptValue } from '../../lib/api-call.ts'
import { serverFor } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useOperator, useProject } from '../../lib/use-project.ts'
import { accountsQuery } from '../../queries/accounts.ts'
import { AccountStatus } from '../../ui/account-status.tsx'
import { Snippets } from '../../ui/api-call-button.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'

/** Connects an account of one's own, to see that the client, the redirect URI and the scopes are right. */
export function TryIt({
  integration,
  appName,
  isNew = false,
}: {
  integration: Integration
  appName: string
  /** At the end of its making: then there is a way on. */
  isNew?: boolean
}) {
  const { id: projectId } = useProject()
  const { email } = useOperator()
  const [link, setLink] = useState<ConnectLink>()
  const body = { entityId: email, integrationIds: [integration.id] }
  const make = useAction(async () => setLink(await serverFor(projectId).connectLinks.create(body)))
  const { data } = useInfiniteQuery(accountsQuery(projectId, { integration: integration.id }))
  const accounts = data?.pages[0]?.items.slice(0, 3) ?? []
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Section
        title="Connect an account of yours"
        description={`Through ${integration.name}, as one of your users would.`}
      >
        <div className="flex flex-wrap gap-2">
          {link ? (
            <a href={link.url} target="_blank" rel="noreferrer" className={buttonClass({ variant: 'primary' })}>
              Open the connect page
              <ExternalLink aria-hidden />
            </a>
          ) : (
            <Button variant="primary" busy={make.isPending} onClick={() => make.mutate(undefined)}>
              Make a connect link
            </Button>
          )}
          {isNew && (
            <Link
              to="/p/$projectId/integrations/$integrationId"
              params={{ projectId, integrationId: integration.id }}
              className={buttonClass()}
            >
              Done
            </Link>
          )}
        </div>
        <ul aria-label="Accounts of this integration" aria-live="polite" className="mt-4 flex flex-col gap-2 text-sm">
          {accounts.map((account) => (
            <li
              key={account.id}
              className="flex items-center justify-between gap-3 rounded-lg border border-line px-3 py-2"
            >
              <Link
                to="/p/$projectId/accounts/$accountId"
                params={{ projectId, accountId: account.id }}
                className="min-w-0 truncate text-accent hover:underline"
              >
                {account.identity?.email ?? account.identity?.name ?? account.entityId}
              </Link>
              <AccountStatus status={account.status} enabled={account.enabled} />
            </li>
          ))}
          {accounts.length === 0 && <li className="text-soft">It appears here when {appName} has answered.</li>}
        </ul>
      </Section>
      <Section title="From your server">
        <Snippets
          call={{
            method: 'POST',
            path: '/api/v1/connectLinks',
            body,
            javascript: `holdfast.connectLinks.create(${javascriptValue(body)})`,
          }}
        />
      </Section>
    </div>
  )
}
