import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { FormError } from '../../ui/states.tsx'

const dayMs = 24 * 60 * 60_000

/** Sends what an endpoint missed again: all since a time, a range, or only what failed in it. */
export function ReplayDialog({
  endpointId,
  open,
  onOpenChange,
}: {
  endpointId: string
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Send events again"
      description="Messages keep their id, so a receiver can tell."
    >
      <ReplayForm endpointId={endpointId} close={() => onOpenChange(false)} />
    </Dialog>
  )
}

function ReplayForm({ endpointId, close }: { endpointId: string; close: () => void }) {
  const { id: projectId } = useProject()
  const queries = useQueryClient()
  const [onlyFailed, setOnlyFailed] = useState(true)
  const [queued, setQueued] = useState<number>()
  const form = useForm(async ({ since = '', until = '' }) => {
    const range = { since: new Date(since), until: until === '' ? undefined : new Date(until) }
    setQueued(await serverFor(projectId).webhooks.replay(endpointId, { ...range, onlyFailed }))
    await queries.invalidateQueries({ queryKey: ['project', projectId, 'webhooks'] })
  })
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
      <TextField
        label="Since"
        name="since"
        type="datetime-local"
        required
        defaultValue={localTime(new Date(Date.now() - dayMs))}
        error={form.errorOf('since')}
      />
      <TextField
        label="Until"
        name="until"
        type="datetime-local"
        optional
        help="Empty: until now."
        error={form.errorOf('until')}
      />
      <Checkbox
        label="Only what failed"
        description="Otherwise everything, also what arrived."
        checked={onlyFailed}
        onChange={setOnlyFailed}
      />
      <p role="status" className="text-sm text-muted">
        {queued !== undefined && (queued === 1 ? '1 message is on its way.' : `${queued} messages are on their way.`)}
      </p>
      <FormError error={form.error} />
      <DialogActions>
        <Button onClick={close}>Close</Button>
        <Button type="submit" variant="primary" busy={form.busy}>
          Send again
        </Button>
      </DialogActions>
    </form>
  )
}

/** As a `datetime-local` field wants it: local, to the minute. */
function localTime(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
