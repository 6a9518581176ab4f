import type { ConnectedAccount, ConnectionParams } from '@holdfast/sdk'
import { Eye } from 'lucide-react'
import { useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ErrorPanel } from '../../ui/states.tsx'

/** Hidden until somebody wants to see them, and that is written down. */
export function Credentials({ account }: { account: ConnectedAccount }) {
  const mayChange = useMayChange()
  const [asking, setAsking] = useState(false)
  const [shown, setShown] = useState<ConnectionParams>()
  const usable = account.status === 'ACTIVE' && account.enabled
  return (
    <Section
      title="Credentials"
      description="Encrypted at rest. Looking at them is written to the audit log."
      actions={
        shown ? (
          <Button onClick={() => setShown(undefined)}>Hide</Button>
        ) : (
          mayChange && (
            <Button disabled={!usable} onClick={() => setAsking(true)}>
              <Eye aria-hidden />
              Reveal
            </Button>
          )
        )
      }
      flush
    >
      {shown ? (
        <Values params={shown} />
      ) : (
        <p className="px-4 py-4 text-sm text-faint sm:px-5">
          {usable ? (
            <span aria-hidden className="font-mono tracking-widest">
              ••••••••••••••••••••••••
            </span>
          ) : (
            'There are none to show: the account is not active.'
          )}
        </p>
      )}
      <RevealDialog accountId={account.id} open={asking} onOpenChange={setAsking} onShown={setShown} />
    </Section>
  )
}

function Values({ params }: { params: ConnectionParams }) {
  const rows = Object.entries(params).flatMap(([name, value]) =>
    value === undefined || value === null
      ? []
      : typeof value === 'string'
        ? [[name, value] as const]
        : Object.entries(value).map(([key, inner]) => [`${name} · ${key}`, String(inner)] as const),
  )
  return (
    <dl className="divide-y divide-line text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="flex items-center gap-3 px-4 py-1.5 sm:px-5">
          <dt className="w-36 shrink-0 truncate text-faint">{name}</dt>
          <dd className="flex min-w-0 flex-1 items-center gap-1">
            <code className="min-w-0 flex-1 truncate font-mono text-xs">{value}</code>
            <CopyButton value={value} label={`Copy ${name}`} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function RevealDialog({
  accountId,
  open,
  onOpenChange,
  onShown,
}: {
  accountId: string
  open: boolean
  onOpenChange: (open: boolean) => void
  onShown: (params: ConnectionParams) => void
}) {
  const { id: projectId } = useProject()
  const form = useForm(async ({ reason }) => {
    const { params } = await serverFor(projectId).connectedAccounts.revealCredentials(accountId, {
      reason: reason || undefined,
    })
    onShown(params)
    onOpenChange(false)
  })
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Reveal the credentials?"
      description="With them anybody can act as this user at the app. Your name, the time and the reason are kept."
      width="sm"
    >
      <form onSubmit={form.onSubmit}>
        <TextField
          label="Reason"
          name="reason"
          optional
          placeholder="Support case 4711"
          error={form.errorOf('reason')}
        />
        {form.error !== undefined && (
          <div className="-mx-4 mt-2">
            <ErrorPanel error={form.error} />
          </div>
        )}
        <DialogActions>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" variant="primary" busy={form.busy}>
            Reveal
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
