import type { Operator, OperatorRole } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { server } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useForm } from '../../lib/use-form.ts'
import { useOperator } from '../../lib/use-project.ts'
import { invitesQuery, operatorsQuery } from '../../queries/operators.ts'
import { Initial } from '../../ui/app-logo.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Field, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { ErrorPanel, FormError, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

const roles: readonly { value: OperatorRole; label: string }[] = [
  { value: 'viewer', label: 'Viewer: looks, sees no secrets' },
  { value: 'admin', label: 'Admin: runs the projects' },
  { value: 'owner', label: 'Owner: decides who is here, too' },
]
const short: Record<OperatorRole, string> = { viewer: 'Viewer', admin: 'Admin', owner: 'Owner' }

export function OperatorsSettings() {
  const { data: operators, error, refetch } = useQuery(operatorsQuery)
  const { data: invites } = useQuery(invitesQuery)
  const [inviting, setInviting] = useState(false)
  const withdraw = useAction((id: string) => server.operators.withdrawInvite(id), {
    invalidates: [['operator-invites']],
  })
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      <Section
        title="Operators"
        description="The people who may sign in here."
        actions={
          <Button onClick={() => setInviting(true)}>
            <Plus aria-hidden />
            Invite
          </Button>
        }
        flush
      >
        {error ? (
          <ErrorPanel error={error} retry={refetch} />
        ) : operators === undefined ? (
          <Loading label="operators" rows={2} />
        ) : (
          <ul className="divide-y divide-line">
            {operators.map((operator) => (
              <OperatorRow key={operator.id} operator={operator} />
            ))}
          </ul>
        )}
      </Section>
      {invites && invites.length > 0 && (
        <Section title="Invited" flush>
          <ul className="divide-y divide-line">
            {invites.map((invite) => (
              <li key={invite.id} className="flex items-center gap-3 px-4 py-2.5 text-sm sm:px-5">
                <span className="min-w-0 flex-1 truncate">{invite.email}</span>
                <Badge>{short[invite.role]}</Badge>
                <span className="text-xs text-faint max-sm:hidden">
                  ends <Time at={invite.expiresAt} />
                </span>
                <Button
                  variant="ghost"
                  size="iconSm"
                  aria-label={`Withdraw the invitation of ${invite.email}`}
                  onClick={() => withdraw.mutate(invite.id)}
                >
                  <X aria-hidden />
                </Button>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <InviteDialog open={inviting} onOpenChange={setInviting} />
    </div>
  )
}

function OperatorRow({ operator }: { operator: Operator }) {
  const me = useOperator()
  const queries = useQueryClient()
  const [deleting, setDeleting] = useState(false)
  const setRole = useAction((role: OperatorRole) => server.operators.setRole(operator.id, role), {
    invalidates: [['operators'], ['session']],
  })
  return (
    <li className="flex flex-wrap items-center gap-3 px-4 py-2.5 text-sm sm:px-5">
      <Initial text={operator.name} />
      <div className="min-w-0 flex-1 basis-40">
        <p className="truncate font-medium">
          {operator.name} {operator.id === me.id && <span className="font-normal text-faint">(you)</span>}
        </p>
        <p className="truncate text-xs text-faint">{operator.email}</p>
      </div>
      {operator.totpEnabled && <Badge tone="good">2 factors</Badge>}
      {me.role === 'owner' ? (
        <Select
          label={`Role of ${operator.name}`}
          value={operator.role}
          choices={roles.map(({ value }) => ({ value, label: short[value] }))}
          onChange={(role) => setRole.mutate(role)}
          className="w-28!"
        />
      ) : (
        <Badge>{short[operator.role]}</Badge>
      )}
      {operator.id !== me.id && (
        <Button variant="ghost" size="icon" aria-label={`Remove ${operator.name}`} onClick={() => setDeleting(true)}>
          <Trash2 aria-hidden />
        </Button>
      )}
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={`Remove ${operator.name}?`}
        action="Remove"
        onConfirm={async () => {
          await server.operators.delete(operator.id)
          await queries.invalidateQueries({ queryKey: ['operators'] })
        }}
      >
        They are signed out everywhere. What they did stays in the audit log.
      </ConfirmDialog>
    </li>
  )
}

function InviteDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const queries = useQueryClient()
  const [role, setRole] = useState<OperatorRole>('viewer')
  const [made, setMade] = useState<{ url: string; email: string; expiresAt: string }>()
  const form = useForm(async ({ email = '' }) => {
    setMade(await server.operators.invite({ email, role }))
    await queries.invalidateQueries({ queryKey: ['operator-invites'] })
  })
  const close = (next: boolean) => {
    onOpenChange(next)
    if (!next) setMade(undefined)
  }
  return (
    <Dialog open={open} onOpenChange={close} title={made ? 'Send them this link' : 'Invite an operator'} width="sm">
      {made ? (
        <div className="flex flex-col gap-4">
          <Notice>
            For {made.email}. It works once, and ends <Time at={made.expiresAt} />. Holdfast sends no email: send it
            yourself.
          </Notice>
          <CopyValue value={made.url} label="Copy the link" />
          <DialogActions>
            <Button variant="primary" onClick={() => close(false)}>
              Done
            </Button>
          </DialogActions>
        </div>
      ) : (
        <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
          <TextField label="Email" name="email" type="email" required error={form.errorOf('email')} />
          <Field label="Role" error={form.errorOf('role')}>
            {({ id }) => <Select id={id} value={role} choices={roles} onChange={setRole} />}
          </Field>
          <FormError error={form.error} />
          <DialogActions>
            <Button onClick={() => close(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={form.busy}>
              Make the link
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  )
}
