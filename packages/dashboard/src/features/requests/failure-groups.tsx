import type { FailedRequestGroup } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { count } from '../../lib/format.ts'
import { useProject } from '../../lib/use-project.ts'
import { failuresQuery } from '../../queries/requests.ts'
import { Badge } from '../../ui/badge.tsx'
import { Section } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'

const shown = 5

/** What fails most in these 24 hours. Nothing is drawn while nothing fails. */
export function FailureGroups({ onChoose }: { onChoose: (group: FailedRequestGroup) => void }) {
  const { id: projectId } = useProject()
  const { data = [] } = useQuery(failuresQuery(projectId))
  if (data.length === 0) return null
  return (
    <Section title="What fails most" description="In the last 24 hours." flush>
      <ul className="divide-y divide-line">
        {data.slice(0, shown).map((group) => (
          <li key={`${group.method} ${group.route} ${group.status} ${group.code}`}>
            <button
              type="button"
              onClick={() => onChoose(group)}
              className="flex w-full items-center gap-3 px-4 py-2.5 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2 sm:px-5"
            >
              <span className="w-12 shrink-0 text-right font-medium tabular-nums">{count(group.count)}×</span>
              <Badge tone="bad">{group.status}</Badge>
              <span className="min-w-0 flex-1">
                <span className="block truncate">{group.code ?? 'no code'}</span>
                <span className="block truncate font-mono text-xs text-faint">
                  {group.method} {group.route}
                </span>
              </span>
              <span className="shrink-0 text-xs text-faint">
                <Time at={group.lastAt} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  )
}
