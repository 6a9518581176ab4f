import type { ConnectedAccount, SimulatorScript } from '@holdfast/sdk'
import { useId } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'

const acts: readonly { label: string; help: string; script: SimulatorScript }[] = [
  { label: 'Expire the token', help: 'The next use refreshes it.', script: { expireNow: true } },
  { label: 'Revoke at the app', help: 'As the user would in their settings there.', script: { revoke: true } },
  {
    label: 'Fail the next refresh',
    help: 'The token endpoint answers 503 once.',
    script: { failNextTokenCalls: { times: 1, status: 503 } },
  },
]

/** Test mode: lets the app misbehave, to see what becomes of it. */
export function SimulatorPanel({ account }: { account: ConnectedAccount }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const id = useId()
  const play = useAction(
    (script: SimulatorScript) => serverFor(projectId).connectedAccounts.scriptSimulator(account.id, script),
    { invalidates: [['project', projectId, 'accounts']], done: 'The simulator will do that' },
  )
  return (
    <Section title="Simulator" description="Test mode: have the app do this." flush>
      <ul className="divide-y divide-line">
        {acts.map(({ label, help, script }, index) => (
          <li key={label} className="flex items-center justify-between gap-3 px-4 py-2.5 sm:px-5">
            <span id={`${id}-${index}`} className="min-w-0 text-sm">
              {label}
              <span className="block text-xs text-faint">{help}</span>
            </span>
            <Button
              size="sm"
              disabled={!mayChange || play.isPending}
              aria-describedby={`${id}-${index}`}
              onClick={() => play.mutate(script)}
            >
              Do it
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  )
}
