import type { ConnectedAccount, CredentialCheck, Revocation } from '@holdfast/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Ban, CircleCheck, Ellipsis, RefreshCw, RotateCw, Stethoscope, Trash2, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Menu, MenuItem, MenuSeparator } from '../../ui/menu.tsx'
import { toast } from '../../ui/toast.tsx'
import { ReconnectDialog } from './reconnect-dialog.tsx'

export function AccountActions({ account }: { account: ConnectedAccount }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [open, setOpen] = useState<'reconnect' | 'revoke' | 'delete'>()
  const { connectedAccounts } = serverFor(projectId)
  const invalidates = [['project', projectId, 'accounts']]
  const check = useAction(() => connectedAccounts.check(account.id), {
    invalidates,
    done: ({ result }) => checks[result],
  })
  const refresh = useAction(() => connectedAccounts.refresh(account.id), {
    invalidates,
    done: ({ status, statusReason }) =>
      status === 'ACTIVE' ? 'The token is fresh' : (statusReason?.message ?? `The account is ${status}`),
  })
  const setEnabled = useAction(
    (on: boolean) => (on ? connectedAccounts.enable(account.id) : connectedAccounts.disable(account.id)),
    { invalidates },
  )
  const show = (name: typeof open) => (next: boolean) => setOpen(next ? name : undefined)
  if (!mayChange) return null

  return (
    <>
      <Button
        busy={check.isPending}
        disabled={account.status !== 'ACTIVE' || !account.enabled}
        onClick={() => check.mutate(undefined)}
      >
        <Stethoscope aria-hidden />
        Test now
      </Button>
      <Button variant={account.status === 'ACTIVE' ? 'secondary' : 'primary'} onClick={() => setOpen('reconnect')}>
        <RotateCw aria-hidden />
        Reconnect
      </Button>
      <Menu
        trigger={
          <Button size="icon" aria-label="More actions">
            <Ellipsis aria-hidden />
          </Button>
        }
      >
        {account.enabled ? (
          <MenuItem onSelect={() => setEnabled.mutate(false)}>
            <Ban aria-hidden />
            Disable
          </MenuItem>
        ) : (
          <MenuItem onSelect={() => setEnabled.mutate(true)}>
            <CircleCheck aria-hidden />
            Enable
          </MenuItem>
        )}
        <MenuItem
          disabled={account.status !== 'ACTIVE' || !account.enabled || account.expiresAt === null}
          onSelect={() => refresh.mutate(undefined)}
        >
          <RefreshCw aria-hidden />
          Refresh the token
        </MenuItem>
        <MenuItem disabled={account.status !== 'ACTIVE'} onSelect={() => setOpen('revoke')}>
          <Undo2 aria-hidden />
          Revoke at the app…
        </MenuItem>
        <MenuSeparator />
        <MenuItem danger onSelect={() => setOpen('delete')}>
          <Trash2 aria-hidden />
          Delete…
        </MenuItem>
      </Menu>

      <ReconnectDialog account={account} open={open === 'reconnect'} onOpenChange={show('reconnect')} />
      <ConfirmDialog
        open={open === 'revoke'}
        onOpenChange={show('revoke')}
        title="Give the grant back?"
        action="Revoke"
        onConfirm={async () => {
          tellOf(await connectedAccounts.revoke(account.id), 'Revoked')
          await queries.invalidateQueries({ queryKey: ['project', projectId, 'accounts'] })
        }}
      >
        The credentials are deleted at once and the app is told. The account stays, expired, and can be connected again.
      </ConfirmDialog>
      <ConfirmDialog
        open={open === 'delete'}
        onOpenChange={show('delete')}
        title="Delete this account?"
        action="Delete the account"
        onConfirm={async () => {
          tellOf(await connectedAccounts.delete(account.id), 'Deleted')
          await navigate({ to: '/p/$projectId/accounts', params: { projectId } })
          queries.removeQueries({ queryKey: ['project', projectId, 'accounts', account.id] })
          void queries.invalidateQueries({ queryKey: ['project', projectId, 'accounts'] })
        }}
      >
        Its credentials are gone at once and the grant is given back to the app. Its id will not work any more.
      </ConfirmDialog>
    </>
  )
}

const checks: Record<CredentialCheck['result'], string> = {
  accepted: 'The app accepts the credentials',
  refused: 'The app refuses the credentials: the user has to reconnect',
  unreachable: 'The app could not be asked just now',
  not_available: 'The app has no call that would tell',
}

const outcomes: Record<Revocation['status'], string> = {
  pending: 'The grant is on its way back to the app.',
  revoked: 'The app has taken the grant back.',
  unsupported: 'The app has no way to take a grant back: the user can remove it in their settings there.',
  failed: 'The app did not take the grant back.',
}

const tellOf = ({ status }: Revocation, what: string) => toast.done(what, outcomes[status])
