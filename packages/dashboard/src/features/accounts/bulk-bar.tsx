import type { BulkFilter, BulkStep, ConnectedAccount } from '@holdfast/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { Ban, CircleCheck, Download, RefreshCw, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { download } from '../../lib/clipboard.ts'
import { count, counted } from '../../lib/format.ts'
import { serverFor } from '../../lib/server.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { type AccountFilter, wireFilter } from '../../queries/accounts.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { toast } from '../../ui/toast.tsx'

const verbs = {
  enable: 'enabled',
  disable: 'disabled',
  refresh: 'refreshed',
  delete: 'deleted',
} as const

/** Which accounts are chosen: these, or all that match the filter, loaded or not. */
export type Chosen = { accounts: readonly ConnectedAccount[] } | { filter: AccountFilter; total: number }

/** As many as one filter names. */
const idsAtOnce = 1000

/** What can be done with the chosen accounts. It stays in sight while the list is scrolled. */
export function BulkBar({ chosen, onDone }: { chosen: Chosen; onDone: () => void }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const queries = useQueryClient()
  const [progress, setProgress] = useState<number>()
  const [deleting, setDeleting] = useState(false)
  const busy = progress !== undefined
  const number = 'accounts' in chosen ? chosen.accounts.length : chosen.total
  const what = counted(number, 'account')
  const { connectedAccounts } = serverFor(projectId)

  const apply = async (action: keyof typeof verbs) => {
    const outcome = { matched: 0, changed: 0, failed: [] as BulkStep['failed'] }
    setProgress(0)
    try {
      for (const filter of filtersOf(chosen))
        for await (const step of connectedAccounts.changeMany(action, filter)) {
          outcome.matched += step.matched
          outcome.changed += step.changed
          outcome.failed.push(...step.failed)
          setProgress(outcome.matched)
        }
    } catch (error) {
      toast.failed(error)
    }
    setProgress(undefined)
    void queries.invalidateQueries({ queryKey: ['project', projectId, 'accounts'] })
    const [problem] = outcome.failed
    if (outcome.matched > 0)
      toast.done(
        `${counted(outcome.changed, 'account')} ${verbs[action]}`,
        problem && `${counted(outcome.failed.length, 'account')} could not be: ${problem.message}`,
      )
    onDone()
  }

  const save = async () => {
    setProgress(0)
    try {
      const accounts = 'accounts' in chosen ? chosen.accounts : await readAll(chosen.filter)
      download('accounts.csv', 'text/csv', csvOf(accounts))
    } catch (error) {
      toast.failed(error)
    }
    setProgress(undefined)
  }

  const readAll = async (filter: AccountFilter) => {
    const accounts: ConnectedAccount[] = []
    for await (const account of connectedAccounts.list({ ...wireFilter(filter), pageSize: 500 }))
      if (accounts.push(account) % 500 === 0) setProgress(accounts.length)
    return accounts
  }

  return (
    <section
      aria-label="Chosen accounts"
      className="sticky bottom-3 z-20 mx-auto flex max-w-full flex-wrap items-center gap-1.5 rounded-xl bg-raised p-2 pl-4 shadow-pop"
    >
      <p role="status" className="mr-2 text-sm font-medium">
        {progress === undefined ? `${what} chosen` : `${count(progress)} of ${what} …`}
      </p>
      {mayChange && (
        <>
          <Button variant="ghost" disabled={busy} onClick={() => apply('enable')}>
            <CircleCheck aria-hidden /> Enable
          </Button>
          <Button variant="ghost" disabled={busy} onClick={() => apply('disable')}>
            <Ban aria-hidden /> Disable
          </Button>
          <Button variant="ghost" disabled={busy} onClick={() => apply('refresh')}>
            <RefreshCw aria-hidden /> Refresh
          </Button>
        </>
      )}
      <Button variant="ghost" disabled={busy} onClick={save}>
        <Download aria-hidden /> Export list
      </Button>
      {mayChange && (
        <Button variant="dangerGhost" disabled={busy} onClick={() => setDeleting(true)}>
          <Trash2 aria-hidden /> Delete
        </Button>
      )}
      <Button variant="ghost" size="icon" aria-label="Choose none" onClick={onDone}>
        <X aria-hidden />
      </Button>
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete ${what}?`}
        action={`Delete ${what}`}
        typed={number > 1 ? `delete ${number}` : undefined}
        onConfirm={() => apply('delete')}
      >
        Their credentials are gone at once, and the grants are given back to the apps. Your users would have to connect
        again.
      </ConfirmDialog>
    </section>
  )
}

function filtersOf(chosen: Chosen): BulkFilter[] {
  if ('filter' in chosen) return [bulkFilter(chosen.filter)]
  const ids = chosen.accounts.map(({ id }) => id)
  return Array.from({ length: Math.ceil(ids.length / idsAtOnce) }, (_, part) => ({
    accountIds: ids.slice(part * idsAtOnce, (part + 1) * idsAtOnce),
  }))
}

const bulkFilter = ({ search, entity, app, integration, status, disabled }: AccountFilter): BulkFilter => ({
  search,
  entityIds: entity === undefined ? undefined : [entity],
  apps: app,
  integrationIds: integration === undefined ? undefined : [integration],
  statuses: status,
  showDisabled: disabled === 'hide' ? false : undefined,
})

/** Without credentials. A cell that a spreadsheet would take for a formula is made text. */
function csvOf(accounts: readonly ConnectedAccount[]): string {
  const rows = accounts.map(({ id, appName, entityId, status, enabled, identity, createdAt, updatedAt }) => [
    id,
    appName,
    entityId,
    status,
    String(enabled),
    identity?.name ?? '',
    identity?.email ?? '',
    createdAt,
    updatedAt,
  ])
  const head = ['id', 'app', 'entity', 'status', 'enabled', 'name', 'email', 'created', 'changed']
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')
}
