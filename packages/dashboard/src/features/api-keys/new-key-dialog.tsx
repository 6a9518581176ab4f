import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { server, serverUrl } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Field, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { ErrorPanel } from '../../ui/states.tsx'

const lifetimes = [
  { value: 'none', label: 'No end' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
] as const

const dayMs = 86_400_000

export function NewKeyDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { id: projectId } = useProject()
  const queries = useQueryClient()
  const [lifetime, setLifetime] = useState<(typeof lifetimes)[number]['value']>('none')
  const [key, setKey] = useState<string>()
  const form = useForm(async ({ name = '' }) => {
    const expiresAt = lifetime === 'none' ? undefined : new Date(Date.now() + Number(lifetime) * dayMs)
    setKey((await server.projects.apiKeys.create(projectId, { name, expiresAt })).key)
    await queries.invalidateQueries({ queryKey: ['project', projectId, 'api-keys'] })
  })
  const close = (next: boolean) => {
    onOpenChange(next)
    if (!next) setKey(undefined)
  }
  return (
    <Dialog open={open} onOpenChange={close} title={key ? 'Copy the key now' : 'Make an API key'} width="md">
      {key ? (
        <div className="flex flex-col gap-4">
          <Notice tone="warn">It is shown this once: only a fingerprint of it is kept.</Notice>
          <CodeBlock label="API key" text={key} />
          <CodeBlock label="Environment" text={`HOLDFAST_BASE_URL=${serverUrl}\nHOLDFAST_API_KEY=${key}`} />
          <DialogActions>
            <Button variant="primary" onClick={() => close(false)}>
              I have it
            </Button>
          </DialogActions>
        </div>
      ) : (
        <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
          <TextField
            label="Name"
            name="name"
            required
            placeholder="Backend, production"
            help="So that you know later where it is used."
            error={form.errorOf('name')}
          />
          <Field label="Ends after" error={form.errorOf('expiresAt')}>
            {({ id }) => <Select id={id} value={lifetime} choices={lifetimes} onChange={setLifetime} />}
          </Field>
          {form.error !== undefined && (
            <div className="-mx-4">
              <ErrorPanel error={form.error} />
            </div>
          )}
          <DialogActions>
            <Button onClick={() => close(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={form.busy}>
              Make the key
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  )
}
