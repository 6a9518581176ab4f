import type { ConnectedAccount } from '@holdfast/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { Ban, CircleCheck, Download, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { download } from '../../lib/clipboard.ts'
import { counted } from '../../lib/format.ts'
import { serverFor } from '../../lib/server.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { toast } from '../../ui/toast.tsx'
import { eachOf } from './each-of.ts'

const verbs = {
  enable: { done: 'enabled' },
  disable: { done: 'disabled' },
  delete: { done: 'deleted' },
} as const

/** What can be done with the chosen accounts. It stays in sight while the list is scrolled. */
export function BulkBar({ accounts, onDone }: { accounts: readonly ConnectedAccount[]; onDone: () => void }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const queries = useQueryClient()
  const [progress, setProgress] = useState<number>()
  const [deleting, setDeleting] = useState(false)
  const chosen = counted(accounts.length, 'account')

  const apply = async (verb: keyof typeof verbs) => {
    const { connectedAccounts } = serverFor(projectId)
    setProgress(0)
    const failed = await eachOf(accounts, ({ id }) => connectedAccounts[verb](id), setProgress)
    setProgress(undefined)
    void queries.invalidateQueries({ queryKey: ['project', projectId, 'accounts'] })
    const done = accounts.length - failed.length
    if (done > 0) toast.done(`${counted(done, 'account')} ${verbs[verb].done}`)
    if (failed[0]) toast.failed(failed[0])
    onDone()
  }

  return (
    <section
      aria-label="Chosen accounts"
      className="sticky bottom-3 z-20 mx-auto flex max-w-full flex-wrap items-center gap-1.5 rounded-xl bg-raised p-2 pl-4 shadow-pop"
    >
      <p role="status" className="mr-2 text-sm font-medium">
        {progress === undefined ? `${chosen} chosen` : `${progress} of ${chosen} …`}
      </p>
      {mayChange && (
        <>
          <Button variant="ghost" disabled={progress !== undefined} onClick={() => apply('enable')}>
            <CircleCheck aria-hidden /> Enable
          </Button>
          <Button variant="ghost" disabled={progress !== undefined} onClick={() => apply('disable')}>
            <Ban aria-hidden /> Disable
          </Button>
        </>
      )}
      <Button variant="ghost" onClick={() => download('accounts.csv', 'text/csv', csvOf(accounts))}>
        <Download aria-hidden /> Export list
      </Button>
      {mayChange && (
        <Button variant="dangerGhost" disabled={progress !== undefined} onClick={() => setDeleting(true)}>
          <Trash2 aria-hidden /> Delete
        </Button>
      )}
      <Button variant="ghost" size="icon" aria-label="Choose none" onClick={onDone}>
        <X aria-hidden />
      </Button>
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete ${chosen}?`}
        action={`Delete ${chosen}`}
        typed={accounts.length > 1 ? `delete ${accounts.length}` : undefined}
        onConfirm={() => apply('delete')}
      >
        Their credentials are gone at once, and the grants are given back to the apps. Your users would have to connect
        again.
      </ConfirmDialog>
    </section>
  )
}

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
