import type { ConnectedAccount } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useProject } from '../../lib/use-project.ts'
import { accountQuery } from '../../queries/accounts.ts'
import { appsQuery } from '../../queries/apps.ts'
import { AccountStatus } from '../../ui/account-status.tsx'
import { Snippets } from '../../ui/api-call-button.tsx'
import { AppLogo, Initial } from '../../ui/app-logo.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Card, Fact, Facts, Section } from '../../ui/card.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Page } from '../../ui/page.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { AccountActions } from './account-actions.tsx'
import { Credentials } from './credentials.tsx'
import { Labels } from './labels.tsx'
import { Reason } from './reason.tsx'
import { Scopes } from './scopes.tsx'
import { SimulatorPanel } from './simulator-panel.tsx'
import { Timeline } from './timeline.tsx'

export function AccountScreen() {
  const { accountId } = useParams({ from: '/p/$projectId/accounts/$accountId' })
  const { id: projectId } = useProject()
  const { data: account, error, refetch } = useQuery(accountQuery(projectId, accountId))
  if (account === undefined)
    return (
      <Page title="Connected account">
        <Card>{error ? <ErrorPanel error={error} retry={refetch} /> : <Loading label="the account" />}</Card>
      </Page>
    )
  return <Account account={account} />
}

function Account({ account }: { account: ConnectedAccount }) {
  const { id: projectId } = useProject()
  const { data: apps } = useQuery(appsQuery(projectId))
  const appName = apps?.find(({ key }) => key === account.appName)?.name ?? account.appName
  const { identity } = account
  const who = identity?.name ?? identity?.email ?? identity?.id ?? account.entityId
  const title = `${appName} of ${who}`
  return (
    <Page
      title={title}
      heading={
        <div className="min-w-0">
          <nav aria-label="Breadcrumb" className="mb-2 flex items-center gap-1 text-xs text-faint">
            <Link to="/p/$projectId/accounts" params={{ projectId }} className="hover:text-ink">
              Connected accounts
            </Link>
            <ChevronRight aria-hidden className="size-3" />
            <span className="truncate">{appName}</span>
          </nav>
          <div className="flex items-center gap-3">
            <AppLogo app={account.appName} name={appName} size="lg" />
            <div className="min-w-0">
              <h1 className="truncate text-xl font-semibold tracking-tight">{who}</h1>
              <div className="flex flex-wrap items-center gap-2 text-sm text-soft">
                {appName}
                <AccountStatus status={account.status} enabled={account.enabled} />
                {account.simulated && <Badge tone="warn">Simulated</Badge>}
              </div>
            </div>
          </div>
        </div>
      }
      actions={<AccountActions account={account} />}
    >
      <Reason account={account} />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <Section title="Account">
            <Facts>
              <Fact name="At the app">
                {identity ? (
                  <span className="flex items-center gap-2.5">
                    <Initial text={who} size="sm" />
                    <span className="min-w-0">
                      <span className="block truncate">{identity.name ?? identity.id}</span>
                      {identity.email && identity.email !== identity.name && (
                        <span className="block truncate text-xs text-faint">{identity.email}</span>
                      )}
                    </span>
                  </span>
                ) : (
                  <span className="text-faint">The app does not say</span>
                )}
              </Fact>
              <Fact name="Entity">
                <Link
                  to="/p/$projectId/accounts"
                  params={{ projectId }}
                  search={{ entity: account.entityId }}
                  className="text-accent hover:underline"
                >
                  {account.entityId}
                </Link>
              </Fact>
              <Fact name="Account id">
                <CopyValue value={account.id} label="Copy the account id" />
              </Fact>
              <Fact name="Integration">
                <Link
                  to="/p/$projectId/integrations/$integrationId"
                  params={{ projectId, integrationId: account.integrationId }}
                  className="text-accent hover:underline"
                >
                  {appName} · {account.authScheme}
                </Link>
              </Fact>
              <Fact name="Access ends">
                {account.expiresAt ? (
                  <>
                    <Time at={account.expiresAt} /> <span className="text-faint">· refreshed before that</span>
                  </>
                ) : (
                  <span className="text-faint">It does not, or the app does not say</span>
                )}
              </Fact>
              <Fact name="Test call">{verifications[account.verification]}</Fact>
              <Fact name="Labels">
                <Labels account={account} />
              </Fact>
              <Fact name="Requests">
                <Link
                  to="/p/$projectId/requests"
                  params={{ projectId }}
                  search={{ account: account.id, show: 'all' }}
                  className="text-accent hover:underline"
                >
                  What was asked about it
                </Link>
              </Fact>
              <Fact name="Connected">
                <Time at={account.createdAt} />
              </Fact>
              {account.duplicateOf && account.duplicateOf.length > 0 && (
                <Fact name="Same account">
                  {account.duplicateOf.map((id) => (
                    <Link
                      key={id}
                      to="/p/$projectId/accounts/$accountId"
                      params={{ projectId, accountId: id }}
                      className="block truncate py-1 font-mono text-xs text-accent hover:underline"
                    >
                      {id}
                    </Link>
                  ))}
                </Fact>
              )}
            </Facts>
          </Section>
          <Scopes account={account} />
          <Credentials account={account} />
          <Section title="Use it from your code" description="Ask before each call: what you get has not expired.">
            <Snippets
              call={{
                method: 'GET',
                path: `/api/v1/connectedAccounts/${account.id}/info`,
                javascript: `holdfast.connectedAccounts.getAuthParams('${account.id}')`,
              }}
            />
          </Section>
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Timeline accountId={account.id} />
          {account.simulated && <SimulatorPanel account={account} />}
        </div>
      </div>
    </Page>
  )
}

const verifications: Record<ConnectedAccount['verification'], string> = {
  verified: 'Accepted by the app',
  unverified: 'The app could not be asked',
  not_checked: 'None was made',
}
