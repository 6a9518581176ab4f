import type { WebhookEndpoint } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { eventTypesQuery } from '../../queries/webhooks.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { type Choice, Select } from '../../ui/select.tsx'
import { FormError } from '../../ui/states.tsx'

const formats: readonly Choice<WebhookEndpoint['format']>[] = [
  { value: 'standard', label: 'Standard Webhooks' },
  { value: 'v1', label: 'v1, for receivers of the first generation' },
]

/** Adds an endpoint, or changes one. */
export function EndpointDialog({
  endpoint,
  open,
  onOpenChange,
  onMade,
}: {
  endpoint?: WebhookEndpoint
  open: boolean
  onOpenChange: (open: boolean) => void
  onMade?: (endpoint: WebhookEndpoint & { secret: string }) => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={endpoint ? 'Change the endpoint' : 'Add an endpoint'}
      description="Where events are sent, by POST."
    >
      <EndpointForm endpoint={endpoint} onMade={onMade} close={() => onOpenChange(false)} />
    </Dialog>
  )
}

function EndpointForm({
  endpoint,
  onMade,
  close,
}: {
  endpoint: WebhookEndpoint | undefined
  onMade: ((endpoint: WebhookEndpoint & { secret: string }) => void) | undefined
  close: () => void
}) {
  const { id: projectId } = useProject()
  const queries = useQueryClient()
  const { data: types } = useQuery(eventTypesQuery(projectId))
  const [all, setAll] = useState((endpoint?.eventTypes ?? null) === null)
  const [chosen, setChosen] = useState<readonly string[]>(endpoint?.eventTypes ?? [])
  const [format, setFormat] = useState<WebhookEndpoint['format']>('standard')
  const [enabled, setEnabled] = useState(endpoint?.enabled ?? true)
  const form = useForm(async ({ url = '', description = '' }) => {
    const { webhooks } = serverFor(projectId)
    const settings = { url: url.trim(), description, eventTypes: all ? null : [...chosen], enabled }
    if (endpoint) await webhooks.update(endpoint.id, settings)
    else onMade?.(await webhooks.create({ ...settings, format }))
    await queries.invalidateQueries({ queryKey: ['project', projectId, 'webhooks'] })
    close()
  })
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
      <TextField
        label="URL"
        name="url"
        type="url"
        required
        defaultValue={endpoint?.url}
        placeholder="https://yours.example/webhooks/holdfast"
        help="https. On your own machine, http://127.0.0.1 works while you try things."
        error={form.errorOf('url')}
      />
      <TextField
        label="Description"
        name="description"
        optional
        maxLength={500}
        defaultValue={endpoint?.description}
        error={form.errorOf('description')}
      />
      {!endpoint && (
        <div className="flex flex-col gap-1.5">
          <label htmlFor="endpoint-format" className="text-sm font-medium">
            Format
          </label>
          <Select id="endpoint-format" value={format} choices={formats} onChange={setFormat} />
        </div>
      )}
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-sm font-medium">Events</legend>
        <Checkbox
          label="All events"
          description="But for refreshes, which are frequent."
          checked={all}
          onChange={setAll}
        />
        {!all && (
          <div className="mt-1 grid max-h-56 gap-2 overflow-y-auto rounded-lg border border-line bg-sunken p-3">
            {types?.map(({ type, description }) => (
              <Checkbox
                key={type}
                label={type}
                description={description}
                checked={chosen.includes(type)}
                onChange={(on) => setChosen(on ? [...chosen, type] : chosen.filter((one) => one !== type))}
              />
            ))}
          </div>
        )}
        {form.errorOf('eventTypes') && <p className="text-xs text-bad">{form.errorOf('eventTypes')}</p>}
      </fieldset>
      <Checkbox label="Enabled" description="Off: nothing is sent." checked={enabled} onChange={setEnabled} />
      <FormError error={form.error} />
      <DialogActions>
        <Button onClick={close}>Cancel</Button>
        <Button type="submit" variant="primary" busy={form.busy} disabled={!all && chosen.length === 0}>
          {endpoint ? 'Save' : 'Add the endpoint'}
        </Button>
      </DialogActions>
    </form>
  )
}
