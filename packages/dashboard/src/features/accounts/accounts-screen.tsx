import type { ConnectedAccount } from '@holdfast/sdk'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Link2, Plus, SearchX } from 'lucide-react'
import { useMemo, useState } from 'react'
import { count, counted } from '../../lib/format.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { accountsQuery } from '../../queries/accounts.ts'
import { appsQuery } from '../../queries/apps.ts'
import { AccountStatus } from '../../ui/account-status.tsx'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { AppLogo } from '../../ui/app-logo.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Page } from '../../ui/page.tsx'
import { Cell, type Column, Rows } from '../../ui/rows.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { AccountFilters } from './account-filters.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { ConnectDialog } from './connect-dialog.tsx'
import { filterOf, isNarrowed, listCall } from './filter.ts'

const columns: readonly Column[] = [
  { label: 'Select', hideLabel: true },
  { label: 'Account' },
  { label: 'Entity', className: 'max-md:hidden' },
  { label: 'Status' },
  { label: 'Changed', className: 'max-lg:hidden text-right' },
]
const template =
  'grid-cols-[1rem_minmax(0,1fr)_5.5rem] md:grid-cols-[1rem_minmax(0,5fr)_minmax(0,4fr)_6.5rem] lg:grid-cols-[1rem_minmax(0,5fr)_minmax(0,4fr)_7rem_6rem]'

export function AccountsScreen() {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const search = useSearch({ from: '/p/$projectId/accounts' })
  const navigate = useNavigate({ from: '/p/$projectId/accounts' })
  const filter = filterOf(search)
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    accountsQuery(projectId, filter),
  )
  const { data: apps } = useQuery(appsQuery(projectId))
  const names = useMemo(() => new Map(apps?.map(({ key, name }) => [key, name])), [apps])
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data])
  const total = data?.pages[0]?.totalItems
  const [selected, setSelected] = useState<ReadonlyMap<string, ConnectedAccount>>(new Map())
  const [allMatching, setAllMatching] = useState(false)
  const [connecting, setConnecting] = useState(false)
  const chooseNone = () => {
    setSelected(new Map())
    setAllMatching(false)
  }

  const select = (account: ConnectedAccount, on: boolean) => {
    const next = new Map(selected)
    if (on) next.set(account.id, account)
    else next.delete(account.id)
    setSelected(next)
    setAllMatching(false)
  }
  const all = items.length > 0 && items.every(({ id }) => selected.has(id))

  return (
    <Page
      title="Connected accounts"
      description="What your users have granted: one account each of one app."
      actions={
        <>
          <ApiCallButton call={listCall(filter)} />
          {mayChange && (
            <Button variant="primary" onClick={() => setConnecting(true)}>
              <Plus aria-hidden />
              Connect an account
            </Button>
          )}
        </>
      }
    >
      <AccountFilters
        search={search}
        onChange={(next) => {
          chooseNone()
          void navigate({ search: next, replace: true })
        }}
      />
      <Card>
        {error ? (
          <ErrorPanel error={error} retry={refetch} />
        ) : data === undefined ? (
          <Loading label="connected accounts" rows={8} />
        ) : items.length === 0 ? (
          isNarrowed(search) ? (
            <Empty
              icon={SearchX}
              title="No account is like that"
              actions={<Button onClick={() => navigate({ search: {} })}>Clear the filters</Button>}
            >
              Take a filter away, or look for another text.
            </Empty>
          ) : (
            <Empty
              icon={Link2}
              title="No account is connected yet"
              actions={
                mayChange && (
                  <Button variant="primary" onClick={() => setConnecting(true)}>
                    Connect an account
                  </Button>
                )
              }
              command={`curl -X POST ${document.baseURI}api/v1/connectLinks \\
  -H "x-api-key: $HOLDFAST_API_KEY" -H 'content-type: application/json' \\
  -d '{ "entityId": "jessica" }'`}
            >
              Send one of your users to a connect link. In test mode a simulator plays the apps, so you can be the user
              yourself.
            </Empty>
          )
        ) : (
          <Rows
            label="Connected accounts"
            columns={columns}
            template={template}
            items={items}
            total={total}
            rowHeight={56}
            rowKey={({ id }) => id}
            hasMore={hasNextPage}
            loadingMore={isFetchingNextPage}
            onMore={() => void fetchNextPage()}
            header={
              <Checkbox
                label="Select all that are loaded"
                hideLabel
                checked={all}
                mixed={!all && selected.size > 0}
                onChange={(on) => {
                  chooseNone()
                  if (on) setSelected(new Map(items.map((item) => [item.id, item])))
                }}
              />
            }
          >
            {(account) => (
              <AccountRow
                account={account}
                appName={names.get(account.appName)}
                selected={selected.has(account.id)}
                onSelect={(on) => select(account, on)}
              />
            )}
          </Rows>
        )}
      </Card>
      {data && items.length > 0 && (
        <p role="status" className="-mt-2 text-xs text-faint">
          {total === undefined ? `${count(items.length)} shown` : `${count(items.length)} of ${count(total)} shown`}
        </p>
      )}
      {all && total !== undefined && total > items.length && (
        <p className="-mt-2 text-center text-sm">
          {allMatching ? (
            `All ${counted(total, 'account')} that match ${total === 1 ? 'is' : 'are'} chosen.`
          ) : (
            <Button variant="ghost" onClick={() => setAllMatching(true)}>
              Choose all {count(total)} that match
            </Button>
          )}
        </p>
      )}
      {selected.size > 0 && (
        <BulkBar
          chosen={allMatching && total !== undefined ? { filter, total } : { accounts: [...selected.values()] }}
          onDone={chooseNone}
        />
      )}
      <ConnectDialog open={connecting} onOpenChange={setConnecting} />
    </Page>
  )
}

function AccountRow({
  account,
  appName = account.appName,
  selected,
  onSelect,
}: {
  account: ConnectedAccount
  appName?: string | undefined
  selected: boolean
  onSelect: (on: boolean) => void
}) {
  const { identity } = account
  const who = identity?.name ?? identity?.email ?? identity?.id
  return (
    <>
      <Cell className="relative z-10">
        <Checkbox label={`Select ${appName} of ${account.entityId}`} hideLabel checked={selected} onChange={onSelect} />
      </Cell>
      <Cell className="flex items-center gap-3">
        <AppLogo app={account.appName} name={appName} />
        <span className="min-w-0">
          <Link
            to="/p/$projectId/accounts/$accountId"
            from="/p/$projectId/accounts"
            params={(params) => ({ ...params, accountId: account.id })}
            className="block truncate font-medium after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2 outline-none"
          >
            {who ?? appName}
          </Link>
          <span className="block truncate text-xs text-faint">
            {who ? appName : account.id}
            <span className="md:hidden"> · {account.entityId}</span>
          </span>
        </span>
      </Cell>
      <Cell className="truncate text-soft max-md:hidden">{account.entityId}</Cell>
      <Cell>
        <AccountStatus status={account.status} enabled={account.enabled} />
      </Cell>
      <Cell className="text-right text-xs text-faint max-lg:hidden">
        <Time at={account.updatedAt} />
      </Cell>
    </>
  )
}
