import type { AccountEvent } from '@holdfast/sdk'
import { useInfiniteQuery } from '@tanstack/react-query'
import { eventTitle } from '../../lib/format.ts'
import { useProject } from '../../lib/use-project.ts'
import { historyQuery } from '../../queries/accounts.ts'
import { statusLook } from '../../ui/account-status.tsx'
import { Dot, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

export function Timeline({ accountId }: { accountId: string }) {
  const { id: projectId } = useProject()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    historyQuery(projectId, accountId),
  )
  const events = data?.pages.flatMap(({ items }) => items)
  return (
    <Section title="Timeline" flush>
      {error ? (
        <ErrorPanel error={error} retry={refetch} />
      ) : events === undefined ? (
        <Loading label="the timeline" rows={3} />
      ) : (
        <ol className="flex flex-col p-4 sm:px-5">
          {events.map((event, index) => (
            <Entry key={event.id} event={event} isLast={index === events.length - 1} />
          ))}
          {events.length === 0 && <li className="text-sm text-soft">Nothing has happened yet.</li>}
        </ol>
      )}
      {hasNextPage && (
        <div className="px-4 pb-4">
          <Button size="sm" busy={isFetchingNextPage} onClick={() => fetchNextPage()}>
            Earlier
          </Button>
        </div>
      )}
    </Section>
  )
}

function Entry({ event, isLast }: { event: AccountEvent; isLast: boolean }) {
  return (
    <li className="relative flex gap-3 pb-4 last:pb-0">
      {!isLast && <span aria-hidden className="absolute top-4 bottom-0 left-[5px] w-px bg-line-strong" />}
      <span className="mt-[7px] flex size-[11px] shrink-0 items-center justify-center">
        <Dot tone={toneOf(event)} />
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className="text-sm font-medium">{eventTitle(event.type)}</span>
          <span className="text-xs text-faint">
            <Time at={event.timestamp} />
          </span>
        </div>
        {event.statusReason && <p className="text-xs text-soft">{event.statusReason.message}</p>}
      </div>
    </li>
  )
}

function toneOf({ type, status }: AccountEvent): Tone {
  if (/refreshed|imported|exported|enabled|initiated/.test(type)) return 'accent'
  if (/disabled|deleted/.test(type)) return 'neutral'
  if (/changed|expiring/.test(type)) return 'warn'
  return statusLook(status).tone
}
