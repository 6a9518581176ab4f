import type { WebhookDelivery } from '@holdfast/sdk'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Inbox } from 'lucide-react'
import { useProject } from '../../lib/use-project.ts'
import { deliveriesQuery } from '../../queries/webhooks.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { Select } from '../../ui/select.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { DeliveryDialog } from './delivery-dialog.tsx'

const statuses = [
  { value: 'all', label: 'All deliveries' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'pending', label: 'Waiting' },
  { value: 'failed', label: 'Failed' },
] as const

const looks: Record<string, { tone: Tone; label: string }> = {
  delivered: { tone: 'good', label: 'Delivered' },
  pending: { tone: 'accent', label: 'Waiting' },
  failed: { tone: 'bad', label: 'Failed' },
}

export function Deliveries({ endpointId }: { endpointId: string }) {
  const { id: projectId } = useProject()
  const search = useSearch({ from: '/p/$projectId/webhooks/$endpointId' })
  const navigate = useNavigate({ from: '/p/$projectId/webhooks/$endpointId' })
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    deliveriesQuery(projectId, endpointId, search.status),
  )
  const deliveries = data?.pages.flatMap(({ items }) => items)
  const open = (delivery: string | undefined) => navigate({ search: { ...search, delivery } })
  return (
    <Section
      title="Deliveries"
      description="Kept for 30 days."
      actions={
        <Select
          label="Which deliveries"
          value={statuses.find(({ value }) => value === search.status)?.value ?? 'all'}
          choices={statuses}
          onChange={(status) => navigate({ search: { status: status === 'all' ? undefined : status }, replace: true })}
          className="w-40!"
        />
      }
      flush
    >
      {error ? (
        <ErrorPanel error={error} retry={refetch} />
      ) : deliveries === undefined ? (
        <Loading label="deliveries" rows={4} />
      ) : deliveries.length === 0 ? (
        <Empty icon={Inbox} title={search.status ? 'No delivery is like that' : 'Nothing was sent yet'}>
          Send a test event, or connect an account.
        </Empty>
      ) : (
        <ul className="divide-y divide-line">
          {deliveries.map((delivery) => (
            <Row key={delivery.id} delivery={delivery} onOpen={() => open(delivery.id)} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <div className="flex justify-center border-t border-line p-2">
          <Button variant="ghost" size="sm" busy={isFetchingNextPage} onClick={() => fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      <DeliveryDialog deliveryId={search.delivery} onClose={() => open(undefined)} />
    </Section>
  )
}

function Row({ delivery, onOpen }: { delivery: WebhookDelivery; onOpen: () => void }) {
  const { lastAttempt, status } = delivery
  return (
    <li className="relative flex items-center gap-3 px-4 py-2.5 text-sm hover:bg-hover sm:px-5">
      <DeliveryStatus status={status} />
      <div className="min-w-0 flex-1">
        <button
          type="button"
          onClick={onOpen}
          className="block max-w-full truncate text-left font-mono text-xs outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {delivery.type}
        </button>
        {lastAttempt?.error && <p className="truncate text-xs text-soft">{lastAttempt.error}</p>}
      </div>
      {delivery.test && <Badge tone="warn">Test</Badge>}
      <span className="text-xs text-faint max-sm:hidden">{answerOf(delivery)}</span>
      <span className="w-20 text-right text-xs text-faint">
        <Time at={delivery.createdAt} />
      </span>
    </li>
  )
}

export function DeliveryStatus({ status }: { status: string }) {
  const { tone, label } = looks[status] ?? { tone: 'neutral' as const, label: status }
  return (
    <Badge tone={tone} dot>
      {label}
    </Badge>
  )
}

function answerOf({ lastAttempt, attemptCount }: WebhookDelivery): string {
  if (!lastAttempt) return ''
  const answer = lastAttempt.statusCode === null ? 'no answer' : `HTTP ${lastAttempt.statusCode}`
  return attemptCount > 1 ? `${answer} · ${attemptCount} attempts` : `${answer} · ${lastAttempt.durationMs} ms`
}
