import { useQuery } from '@tanstack/react-query'
import { Send } from 'lucide-react'
import { serverFor } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { deliveryQuery } from '../../queries/webhooks.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

/** One delivery: every attempt with what came back, and the message as it is sent. */
export function DeliveryDialog({ deliveryId, onClose }: { deliveryId: string | undefined; onClose: () => void }) {
  return (
    <Dialog open={deliveryId !== undefined} onOpenChange={(open) => !open && onClose()} title="Delivery" width="lg">
      {deliveryId !== undefined && <Delivery deliveryId={deliveryId} />}
    </Dialog>
  )
}

function Delivery({ deliveryId }: { deliveryId: string }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const { data, error, refetch } = useQuery(deliveryQuery(projectId, deliveryId))
  const resend = useAction(() => serverFor(projectId).webhooks.resend(deliveryId), {
    invalidates: [
      ['project', projectId, 'deliveries', deliveryId],
      ['project', projectId, 'webhooks'],
    ],
    done: 'It is sent again',
  })
  if (error) return <ErrorPanel error={error} retry={refetch} />
  if (!data) return <Loading label="the delivery" rows={3} />
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0">
          <p className="font-mono text-sm">{data.type}</p>
          <CopyValue value={data.id} label="Copy the webhook-id" />
        </div>
        {mayChange && (
          <Button busy={resend.isPending} onClick={() => resend.mutate(undefined)}>
            <Send aria-hidden />
            Send again
          </Button>
        )}
      </div>
      <section aria-label="Attempts">
        <h3 className="mb-2 text-sm font-semibold">Attempts</h3>
        {data.attempts.length === 0 && <p className="text-sm text-soft">None yet.</p>}
        <ol className="flex flex-col gap-2">
          {data.attempts.map((attempt) => (
            <li key={attempt.number} className="rounded-lg border border-line p-3 text-sm">
              <div className="flex flex-wrap items-baseline justify-between gap-2">
                <span className={attempt.error === null ? 'font-medium text-good' : 'font-medium text-bad'}>
                  {attempt.statusCode === null ? 'No answer' : `HTTP ${attempt.statusCode}`}
                </span>
                <span className="text-xs text-faint">
                  {attempt.durationMs} ms · <Time at={attempt.startedAt} />
                </span>
              </div>
              {attempt.error && <p className="mt-1 text-xs text-soft">{attempt.error}</p>}
              {attempt.response && (
                <div className="mt-2">
                  <CodeBlock label={`Answer to attempt ${attempt.number}`} text={attempt.response} />
                </div>
              )}
            </li>
          ))}
        </ol>
        {data.nextAttemptAt && (
          <p className="mt-2 text-xs text-faint">
            Next attempt <Time at={data.nextAttemptAt} />
          </p>
        )}
      </section>
      <section aria-label="Message">
        <h3 className="mb-2 text-sm font-semibold">Message</h3>
        <CodeBlock label="Message" text={JSON.stringify(data.payload, null, 2)} />
      </section>
    </div>
  )
}
