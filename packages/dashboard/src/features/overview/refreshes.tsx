import type { Overview } from '@holdfast/sdk'
import { count } from '../../lib/format.ts'
import { Fact, Facts, Section } from '../../ui/card.tsx'
import { HourChart } from '../../ui/hour-chart.tsx'

export function Refreshes({ overview: { refreshes, refreshesDue, dueSoon } }: { overview: Overview }) {
  const { successRate } = refreshes
  return (
    <Section title="Refreshes" description="Of access tokens, in the last 24 hours.">
      <p className="mb-3 flex items-baseline gap-2">
        <span className="text-2xl font-semibold tracking-tight tabular-nums">
          {successRate === null ? '—' : `${(Math.floor(successRate * 1000) / 10).toFixed(1)} %`}
        </span>
        <span className="text-sm text-soft">
          {successRate === null
            ? 'none were needed'
            : `succeeded: ${count(refreshes.succeeded)}, lost: ${count(refreshes.failed)}`}
        </span>
      </p>
      <HourChart
        label="Refreshes by hour"
        good="succeeded"
        bad="lost"
        bars={refreshes.hours.map(({ start, succeeded, failed }) => ({ start, good: succeeded, bad: failed }))}
      />
      <div className="mt-4 border-t border-line pt-4">
        <Facts>
          <Fact name="Within the hour">{count(refreshesDue)} due, done by itself</Fact>
          <Fact name="Ending soon">
            {dueSoon === 0 ? 'No grant ends this week' : `${count(dueSoon)} grants end this week for good`}
          </Fact>
        </Facts>
      </div>
    </Section>
  )
}
