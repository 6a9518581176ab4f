import type { ConnectedAccount } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { useEffect, useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { integrationQuery } from '../../queries/integrations.ts'
import { Snippets } from '../../ui/api-call-button.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { SecretField, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { ErrorPanel, FormError, Loading } from '../../ui/states.tsx'
import { toast } from '../../ui/toast.tsx'

/** A link that renews this account in place. */
export function ReconnectDialog({
  account,
  open,
  onOpenChange,
}: {
  account: ConnectedAccount
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Reconnect"
      description="The account keeps its id. What works goes on working until the new grant arrives."
    >
      {account.authScheme === 'OAUTH2' ? (
        <LinkToRenew account={account} />
      ) : (
        <NewKey account={account} onDone={() => onOpenChange(false)} />
      )}
    </Dialog>
  )
}

function LinkToRenew({ account }: { account: ConnectedAccount }) {
  const { id: projectId } = useProject()
  const [result, setResult] = useState<{ url?: string | null; error?: unknown }>()
  useEffect(() => {
    const stop = new AbortController()
    serverFor(projectId)
      .connectedAccounts.reinitiate(account.id, {}, { signal: stop.signal })
      .then(({ redirectUrl }) => setResult({ url: redirectUrl }))
      .catch((error: unknown) => !stop.signal.aborted && setResult({ error }))
    return () => stop.abort()
  }, [projectId, account.id])
  if (result === undefined) return <Loading label="the link" rows={1} />
  if (result.error !== undefined)
    return (
      <div className="-mx-4">
        <ErrorPanel error={result.error} />
      </div>
    )
  if (!result.url) return <Notice tone="good">It is connected again.</Notice>
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-soft">
        Send this link to {account.entityId}. Only the same person at the app is accepted.
      </p>
      <CopyValue value={result.url} label="Copy the link" />
      <Snippets
        call={{
          method: 'POST',
          path: `/api/v1/connectedAccounts/${account.id}/reinitiate`,
          body: {},
          javascript: `holdfast.connectedAccounts.reinitiate('${account.id}')`,
        }}
      />
      <DialogActions>
        <a href={result.url} target="_blank" rel="noreferrer" className={buttonClass({ variant: 'primary' })}>
          Open it
          <ExternalLink aria-hidden />
        </a>
      </DialogActions>
    </div>
  )
}

/** What the person would be asked for, typed in by an operator who has it from them. */
function NewKey({ account, onDone }: { account: ConnectedAccount; onDone: () => void }) {
  const { id: projectId } = useProject()
  const queries = useQueryClient()
  const { data: integration, error, refetch } = useQuery(integrationQuery(projectId, account.integrationId))
  const form = useForm(async (values) => {
    const data = Object.fromEntries(
      Object.entries(values)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [name.replace(/^data\./, ''), value]),
    )
    await serverFor(projectId).connectedAccounts.reinitiate(account.id, { data })
    toast.done('Connected with the new credential')
    void queries.invalidateQueries({ queryKey: ['project', projectId, 'accounts'] })
    onDone()
  })
  if (error)
    return (
      <div className="-mx-4">
        <ErrorPanel error={error} retry={refetch} />
      </div>
    )
  if (integration === undefined) return <Loading label="the form" rows={2} />
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
      {integration.expectedInputFields.map((field) => {
        const Input = field.is_secret ? SecretField : TextField
        const name = `data.${field.name}`
        return (
          <Input
            key={name}
            name={name}
            label={field.displayName}
            help={field.description}
            placeholder={field.example ?? undefined}
            defaultValue={field.default ?? undefined}
            required={field.required}
            optional={!field.required}
            error={form.errorOf(name)}
          />
        )
      })}
      <FormError error={form.error} />
      <DialogActions>
        <Button type="submit" variant="primary" busy={form.busy}>
          Check it and reconnect
        </Button>
      </DialogActions>
    </form>
  )
}
