import type { Overview } from '@holdfast/sdk'
import { Link } from '@tanstack/react-router'
import { count } from '../../lib/format.ts'
import { useProject } from '../../lib/use-project.ts'
import { statusLook } from '../../ui/account-status.tsx'
import { Dot } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { ShareBar } from '../../ui/share-bar.tsx'

const statuses = ['ACTIVE', 'EXPIRED', 'FAILED', 'INITIATED'] as const

const meanings: Record<(typeof statuses)[number], string> = {
  ACTIVE: 'can be used',
  EXPIRED: 'must be connected again',
  FAILED: 'did not finish',
  INITIATED: 'not finished yet',
}

export function StatusFigures({ accounts }: { accounts: Overview['accounts'] }) {
  const { id: projectId } = useProject()
  return (
    <Card className="p-4 sm:p-5">
      <ul className="grid grid-cols-2 gap-x-4 gap-y-5 sm:grid-cols-4">
        {statuses.map((status) => {
          const { tone, label } = statusLook(status)
          return (
            <li key={status}>
              <Link
                to="/p/$projectId/accounts"
                params={{ projectId }}
                search={{ status }}
                className="group block rounded-lg -m-1.5 p-1.5 hover:bg-hover"
              >
                <span className="flex items-center gap-2 text-sm text-soft">
                  <Dot tone={tone} />
                  {label}
                </span>
                <span className="block text-2xl font-semibold tracking-tight tabular-nums">
                  {count(accounts.byStatus[status])}
                </span>
                <span className="block text-xs text-faint">{meanings[status]}</span>
              </Link>
            </li>
          )
        })}
      </ul>
      <div className="mt-5">
        <ShareBar
          parts={statuses.map((status) => ({
            name: status,
            value: accounts.byStatus[status],
            tone: statusLook(status).tone,
          }))}
        />
        <p className="mt-2 text-xs text-faint">
          {count(accounts.total)} in all{accounts.disabled > 0 && `, ${count(accounts.disabled)} disabled`}
        </p>
      </div>
    </Card>
  )
}
