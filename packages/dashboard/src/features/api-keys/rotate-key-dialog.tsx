import type { ApiKey } from '@holdfast/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { server } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { FormError } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { ShownOnce } from './shown-once.tsx'

const overlaps = [
  { value: '0', label: 'At once' },
  { value: '3600', label: 'After an hour' },
  { value: '86400', label: 'After a day' },
  { value: '604800', label: 'After a week' },
] as const

/** A new key that may do the same, while the old one still works for a time. */
export function RotateKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { id: projectId } = useProject()
  const queries = useQueryClient()
  const [overlap, setOverlap] = useState<(typeof overlaps)[number]['value']>('86400')
  const [made, setMade] = useState<{ key: string; previousExpiresAt: string }>()
  const form = useForm(async () => {
    setMade(await server.projects.apiKeys.rotate(projectId, apiKey.id, { overlapSeconds: Number(overlap) }))
    await queries.invalidateQueries({ queryKey: ['project', projectId, 'api-keys'] })
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={made ? 'Copy the new key now' : `Rotate ${apiKey.name}`}
      width="md"
    >
      {made ? (
        <ShownOnce apiKey={made.key} onDone={onClose}>
          The old key ends <Time at={made.previousExpiresAt} />.
        </ShownOnce>
      ) : (
        <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
          <p className="text-sm text-soft">
            The new key may do what this one may. Put it where the old one is used before that ends.
          </p>
          <Field label="The old key ends" error={form.errorOf('overlapSeconds')}>
            {({ id }) => <Select id={id} value={overlap} choices={overlaps} onChange={setOverlap} />}
          </Field>
          <FormError error={form.error} />
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" busy={form.busy}>
              Make the new key
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  )
}
