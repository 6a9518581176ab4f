import type { Entity } from '@holdfast/sdk'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Ellipsis, SearchX, Trash2, Users } from 'lucide-react'
import { useMemo, useState } from 'react'
import { javascriptValue } from '../../lib/api-call.ts'
import { counted } from '../../lib/format.ts'
import { serverFor } from '../../lib/server.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { entitiesQuery } from '../../queries/entities.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Initial } from '../../ui/app-logo.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Menu, MenuItem } from '../../ui/menu.tsx'
import { Page } from '../../ui/page.tsx'
import { Cell, type Column, Rows } from '../../ui/rows.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'

const columns: readonly Column[] = [
  { label: 'Entity' },
  { label: 'Accounts', className: 'max-sm:hidden' },
  { label: 'Since', className: 'max-md:hidden text-right' },
  { label: 'Actions', hideLabel: true },
]
const template =
  'grid-cols-[minmax(0,1fr)_2rem] sm:grid-cols-[minmax(0,3fr)_minmax(0,3fr)_2rem] md:grid-cols-[minmax(0,3fr)_minmax(0,3fr)_6rem_2rem]'

export function EntitiesScreen() {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const { search } = useSearch({ from: '/p/$projectId/entities' })
  const navigate = useNavigate({ from: '/p/$projectId/entities' })
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    entitiesQuery(projectId, search),
  )
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data])
  const [deleting, setDeleting] = useState<Entity>()
  return (
    <Page
      title="Entities"
      description="Your users and tenants, by your own ids. One is here once it has begun to connect something."
      actions={
        <ApiCallButton
          call={{
            method: 'GET',
            path: '/api/v1/entities',
            query: { search },
            javascript: `holdfast.entities.list(${javascriptValue({ search })}).page(1)`,
          }}
        />
      }
    >
      <search aria-label="Find entities">
        <SearchField
          label="Part of an id"
          value={search ?? ''}
          onChange={(text) => navigate({ search: { search: text || undefined }, replace: true })}
          className="w-full sm:w-64"
        />
      </search>
      <Card>
        {error ? (
          <ErrorPanel error={error} retry={refetch} />
        ) : data === undefined ? (
          <Loading label="entities" />
        ) : items.length === 0 ? (
          search ? (
            <Empty icon={SearchX} title="No entity is called that" />
          ) : (
            <Empty
              icon={Users}
              title="Nobody has connected anything yet"
              actions={
                <Link
                  to="/p/$projectId/accounts"
                  params={{ projectId }}
                  className={buttonClass({ variant: 'primary' })}
                >
                  Connect an account
                </Link>
              }
            >
              An entity is made by the first connection with its id.
            </Empty>
          )
        ) : (
          <Rows
            label="Entities"
            columns={columns}
            template={template}
            items={items}
            total={data.pages[0]?.totalItems}
            rowHeight={52}
            rowKey={({ id }) => id}
            hasMore={hasNextPage}
            loadingMore={isFetchingNextPage}
            onMore={() => void fetchNextPage()}
          >
            {(entity) => <EntityRow entity={entity} onDelete={mayChange ? () => setDeleting(entity) : undefined} />}
          </Rows>
        )}
      </Card>
      <DeleteEntity entity={deleting} onClose={() => setDeleting(undefined)} />
    </Page>
  )
}

function EntityRow({ entity, onDelete }: { entity: Entity; onDelete: (() => void) | undefined }) {
  const { id: projectId } = useProject()
  const { total, byStatus } = entity.accounts
  return (
    <>
      <Cell className="flex items-center gap-3">
        <Initial text={entity.id} />
        <span className="min-w-0">
          <Link
            to="/p/$projectId/accounts"
            params={{ projectId }}
            search={{ entity: entity.id }}
            className="block truncate font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
          >
            {entity.id}
          </Link>
          <span className="block text-xs text-faint sm:hidden">{counted(total, 'account')}</span>
        </span>
      </Cell>
      <Cell className="flex flex-wrap items-center gap-2 max-sm:hidden">
        <span className="text-soft">{counted(total, 'account')}</span>
        {byStatus.EXPIRED > 0 && <Badge tone="bad">{byStatus.EXPIRED} expired</Badge>}
        {byStatus.FAILED > 0 && <Badge tone="warn">{byStatus.FAILED} failed</Badge>}
      </Cell>
      <Cell className="text-right text-xs text-faint max-md:hidden">
        <Time at={entity.createdAt} />
      </Cell>
      <Cell className="relative z-10">
        {onDelete && (
          <Menu
            trigger={
              <Button variant="ghost" size="iconSm" aria-label={`Actions for ${entity.id}`}>
                <Ellipsis aria-hidden />
              </Button>
            }
          >
            <MenuItem danger onSelect={onDelete}>
              <Trash2 aria-hidden />
              Delete with all accounts…
            </MenuItem>
          </Menu>
        )}
      </Cell>
    </>
  )
}

function DeleteEntity({ entity, onClose }: { entity: Entity | undefined; onClose: () => void }) {
  const { id: projectId } = useProject()
  const queries = useQueryClient()
  return (
    <ConfirmDialog
      open={entity !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${entity?.id ?? ''}?`}
      action="Delete with all accounts"
      typed={entity?.id}
      onConfirm={async () => {
        const { count } = await serverFor(projectId).entities.delete(entity?.id ?? '')
        toast.done(`Deleted, with ${counted(count, 'account')}`)
        await queries.invalidateQueries({ queryKey: ['project', projectId] })
      }}
    >
      {counted(entity?.accounts.total ?? 0, 'account')} and their whole history go. Every grant is given back to its
      app. Meant for when a user leaves you.
    </ConfirmDialog>
  )
}
