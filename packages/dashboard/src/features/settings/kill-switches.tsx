import type { KillSwitch } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { OctagonX } from 'lucide-react'
import { useMemo, useState } from 'react'
import { count } from '../../lib/format.ts'
import { serverFor } from '../../lib/server.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { appsQuery } from '../../queries/apps.ts'
import { killSwitchesQuery } from '../../queries/projects.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { Combobox } from '../../ui/combobox.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { Time } from '../../ui/time.tsx'

const whole = { value: 'project', label: 'Every account of this project' }

/** For the day something leaked: stops all accounts of the project, or of one app. */
export function KillSwitches() {
  const { id: projectId, name } = useProject()
  const mayChange = useMayChange()
  const queries = useQueryClient()
  const { data: apps } = useQuery(appsQuery(projectId))
  const { data: switches = [] } = useQuery(killSwitchesQuery(projectId))
  const [scope, setScope] = useState(whole.value)
  const [action, setAction] = useState<KillSwitch['action']>()
  const choices = useMemo(() => [whole, ...(apps ?? []).map((app) => ({ value: app.key, label: app.name }))], [apps])
  const what = choices.find(({ value }) => value === scope)?.label ?? scope
  return (
    <Section
      title="Stop accounts"
      description="For the day a key or an app has leaked. Disabled accounts hand out nothing until they are enabled; revoked ones are given back to the apps."
      actions={
        <ApiCallButton
          call={{
            method: 'POST',
            path: '/api/v1/killSwitches',
            body: { action: 'disable', app: 'gmail' },
            javascript: "holdfast.killSwitches.start({ action: 'disable', app: 'gmail' })",
          }}
        />
      }
    >
      {mayChange && (
        <div className="flex flex-wrap items-end gap-2">
          <div className="min-w-56 flex-1">
            <Field label="Which accounts">
              {({ id }) => <Combobox id={id} value={scope} onChange={setScope} choices={choices} />}
            </Field>
          </div>
          <Button onClick={() => setAction('disable')}>Disable them</Button>
          <Button variant="danger" onClick={() => setAction('revoke')}>
            Revoke them
          </Button>
        </div>
      )}
      {switches.length > 0 && (
        <ul className="mt-4 divide-y divide-line">
          {switches.slice(0, 5).map((one) => (
            <Report key={one.id} killSwitch={one} />
          ))}
        </ul>
      )}
      <ConfirmDialog
        open={action !== undefined}
        onOpenChange={(open) => !open && setAction(undefined)}
        title={action === 'revoke' ? 'Revoke all of them?' : 'Disable all of them?'}
        action={action === 'revoke' ? 'Revoke' : 'Disable'}
        typed={name}
        onConfirm={async () => {
          if (action === undefined) return
          await serverFor(projectId).killSwitches.start({ action, ...(scope !== whole.value && { app: scope }) })
          await queries.invalidateQueries({ queryKey: ['project', projectId] })
        }}
      >
        {scope === whole.value ? 'Every account of this project is stopped.' : `Every account of ${what} is stopped.`}{' '}
        {action === 'revoke'
          ? 'Your users would have to connect again.'
          : 'Enable them again under Connected accounts, all at once if you like.'}
      </ConfirmDialog>
    </Section>
  )
}

function Report({ killSwitch }: { killSwitch: KillSwitch }) {
  const { action, app, integrationId, status, matched, changed, failed, createdAt } = killSwitch
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2.5 text-sm">
      <OctagonX aria-hidden className="size-4 text-faint" />
      <span className="min-w-0 flex-1">
        {action === 'revoke' ? 'Revoked' : 'Disabled'} {app ?? integrationId ?? 'everything'}
        <span className="block text-xs text-faint">
          {count(changed)} of {count(matched)} changed{failed > 0 && `, ${count(failed)} could not be`}
        </span>
      </span>
      <Badge tone={status === 'running' ? 'warn' : 'good'}>{status === 'running' ? 'Running' : 'Done'}</Badge>
      <span className="text-xs text-faint">
        <Time at={createdAt} />
      </span>
    </li>
  )
}
