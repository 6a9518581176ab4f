import type { WebhookEndpoint } from '@holdfast/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Ban, CircleCheck, Ellipsis, Eye, History, Pencil, RefreshCw, Send, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Menu, MenuItem, MenuSeparator } from '../../ui/menu.tsx'
import { EndpointDialog } from './endpoint-dialog.tsx'
import { ReplayDialog } from './replay-dialog.tsx'
import { SecretDialog } from './secret-dialog.tsx'

export function EndpointActions({ endpoint }: { endpoint: WebhookEndpoint }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [open, setOpen] = useState<'edit' | 'rotate' | 'replay' | 'delete'>()
  const [secret, setSecret] = useState<string>()
  const { webhooks } = serverFor(projectId)
  const key = ['project', projectId, 'webhooks']
  const invalidates = [key]
  const test = useAction(() => webhooks.sendTestEvent(endpoint.id), { invalidates, done: 'A test event is on its way' })
  const setEnabled = useAction((enabled: boolean) => webhooks.update(endpoint.id, { enabled }), { invalidates })
  const reveal = useAction(async () => setSecret(await webhooks.revealSecret(endpoint.id)))
  const show = (name: typeof open) => (next: boolean) => setOpen(next ? name : undefined)
  if (!mayChange) return null

  return (
    <>
      <Button variant="primary" busy={test.isPending} onClick={() => test.mutate(undefined)}>
        <Send aria-hidden />
        Send a test event
      </Button>
      <Menu
        trigger={
          <Button size="icon" aria-label="More actions">
            <Ellipsis aria-hidden />
          </Button>
        }
      >
        <MenuItem onSelect={() => setOpen('edit')}>
          <Pencil aria-hidden />
          Change…
        </MenuItem>
        <MenuItem onSelect={() => reveal.mutate(undefined)}>
          <Eye aria-hidden />
          Show the secret
        </MenuItem>
        <MenuItem onSelect={() => setOpen('rotate')}>
          <RefreshCw aria-hidden />
          Rotate the secret…
        </MenuItem>
        {endpoint.enabled && (
          <MenuItem onSelect={() => setOpen('replay')}>
            <History aria-hidden />
            Send events again…
          </MenuItem>
        )}
        <MenuItem onSelect={() => setEnabled.mutate(!endpoint.enabled)}>
          {endpoint.enabled ? <Ban aria-hidden /> : <CircleCheck aria-hidden />}
          {endpoint.enabled ? 'Disable' : 'Enable'}
        </MenuItem>
        <MenuSeparator />
        <MenuItem danger onSelect={() => setOpen('delete')}>
          <Trash2 aria-hidden />
          Delete…
        </MenuItem>
      </Menu>

      <EndpointDialog endpoint={endpoint} open={open === 'edit'} onOpenChange={show('edit')} />
      <SecretDialog
        made={secret === undefined ? undefined : { url: endpoint.url, secret }}
        title="The signing secret"
        onClose={() => setSecret(undefined)}
      />
      <ConfirmDialog
        open={open === 'rotate'}
        onOpenChange={show('rotate')}
        title="Rotate the secret?"
        action="Rotate"
        onConfirm={async () => {
          const rotated = await webhooks.rotateSecret(endpoint.id)
          setSecret(rotated.secret)
          await queries.invalidateQueries({ queryKey: key })
        }}
      >
        For 24 hours every message carries two signatures, by the new secret and by the old one, so that nothing is lost
        while you change it.
      </ConfirmDialog>
      <ReplayDialog endpointId={endpoint.id} open={open === 'replay'} onOpenChange={show('replay')} />
      <ConfirmDialog
        open={open === 'delete'}
        onOpenChange={show('delete')}
        title="Delete this endpoint?"
        action="Delete the endpoint"
        onConfirm={async () => {
          await webhooks.delete(endpoint.id)
          await navigate({ to: '/p/$projectId/webhooks', params: { projectId } })
          await queries.invalidateQueries({ queryKey: key, exact: true })
        }}
      >
        Nothing is sent to {endpoint.url} any more, and its deliveries are forgotten.
      </ConfirmDialog>
    </>
  )
}
