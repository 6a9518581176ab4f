import type { ApiKey } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { dayOf } from '../../lib/format.ts'
import { server } from '../../lib/server.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { apiKeysQuery } from '../../queries/projects.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { sentenceOf } from './key-scopes.ts'
import { NewKeyDialog } from './new-key-dialog.tsx'
import { RotateKeyDialog } from './rotate-key-dialog.tsx'

export function ApiKeysScreen() {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const queries = useQueryClient()
  const { data: keys, error, refetch } = useQuery(apiKeysQuery(projectId))
  const [adding, setAdding] = useState(false)
  const [rotating, setRotating] = useState<ApiKey>()
  const [deleting, setDeleting] = useState<ApiKey>()
  const button = mayChange && (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden />
      Make a key
    </Button>
  )
  return (
    <Page
      title="API keys"
      description="Your server calls this one with a key. A key opens this project and no other; keep it on your server."
      actions={
        <>
          <ApiCallButton
            call={{
              method: 'GET',
              path: `/api/v1/projects/${projectId}/apiKeys`,
              javascript: `holdfast.projects.apiKeys.list('${projectId}') // with the operator's key`,
            }}
          />
          {button}
        </>
      }
    >
      <Card>
        {error ? (
          <ErrorPanel error={error} retry={refetch} />
        ) : keys === undefined ? (
          <Loading label="API keys" rows={3} />
        ) : keys.length === 0 ? (
          <Empty icon={KeyRound} title="There is no key" actions={button}>
            Nothing can call this project from outside.
          </Empty>
        ) : (
          <ul className="divide-y divide-line">
            {keys.map((key) => (
              <li key={key.id} className="flex items-center gap-4 px-4 py-3 text-sm sm:px-5">
                <KeyRound aria-hidden className="size-4 shrink-0 text-faint" />
                <div className="min-w-0 flex-1">
                  <p className="truncate font-medium">{key.name}</p>
                  <p className="text-xs text-faint">
                    <code className="font-mono">…{key.hint}</code> · made <Time at={key.createdAt} />
                  </p>
                  <p className="text-xs text-soft">{sentenceOf(key)}</p>
                </div>
                <Expiry at={key.expiresAt} />
                {mayChange && (
                  <span className="flex shrink-0">
                    <Button
                      variant="ghost"
                      size="icon"
                      aria-label={`Rotate ${key.name}`}
                      onClick={() => setRotating(key)}
                    >
                      <RefreshCw aria-hidden />
                    </Button>
                    <Button
                      variant="ghost"
                      size="icon"
                      aria-label={`Delete ${key.name}`}
                      onClick={() => setDeleting(key)}
                    >
                      <Trash2 aria-hidden />
                    </Button>
                  </span>
                )}
              </li>
            ))}
          </ul>
        )}
      </Card>
      {rotating && <RotateKeyDialog apiKey={rotating} onClose={() => setRotating(undefined)} />}
      <NewKeyDialog open={adding} onOpenChange={setAdding} />
      <ConfirmDialog
        open={deleting !== undefined}
        onOpenChange={(open) => !open && setDeleting(undefined)}
        title={`Delete ${deleting?.name ?? ''}?`}
        action="Delete the key"
        onConfirm={async () => {
          await server.projects.apiKeys.delete(projectId, deleting?.id ?? '')
          await queries.invalidateQueries({ queryKey: ['project', projectId, 'api-keys'] })
        }}
      >
        What uses it is refused at once. Rotate it instead to change it without a gap.
      </ConfirmDialog>
    </Page>
  )
}

function Expiry({ at }: { at: string | null }) {
  if (at === null) return <Badge>No end</Badge>
  return Date.parse(at) < Date.now() ? <Badge tone="bad">Ended</Badge> : <Badge tone="warn">Ends {dayOf(at)}</Badge>
}
