import type { ConnectedAccount } from '@holdfast/sdk'
import { ExternalLink } from 'lucide-react'
import { useEffect, useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useProject } from '../../lib/use-project.ts'
import { Snippets } from '../../ui/api-call-button.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'

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
      {account.authScheme === 'OAUTH2' ? <LinkToRenew account={account} /> : <NewKey account={account} />}
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

/** A key cannot be asked for behind the person's back: a connect link asks for it. */
function NewKey({ account }: { account: ConnectedAccount }) {
  return (
    <div className="flex flex-col gap-4">
      <Notice>
        This account has a key. Send the new one as <code className="font-mono text-xs">data</code>, with the names the
        integration asks for.
      </Notice>
      <Snippets
        call={{
          method: 'POST',
          path: `/api/v1/connectedAccounts/${account.id}/reinitiate`,
          body: { data: { api_key: '…' } },
          javascript: `holdfast.connectedAccounts.reinitiate('${account.id}', { data: { api_key: '…' } })`,
        }}
      />
    </div>
  )
}
