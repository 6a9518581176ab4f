import type { KeyScope } from '@holdfast/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { server } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Field, TextField } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { FormError } from '../../ui/states.tsx'
import { keyScopes } from './key-scopes.ts'
import { ShownOnce } from './shown-once.tsx'

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
  const [scopes, setScopes] = useState<readonly KeyScope[]>(keyScopes.map(({ scope }) => scope))
  const form = useForm(async ({ name = '', entityIds = '' }) => {
    const expiresAt = lifetime === 'none' ? undefined : new Date(Date.now() + Number(lifetime) * dayMs)
    const entities = entityIds.split(/[\n,]/).map((id) => id.trim())
    const limits = {
      scopes: scopes.length === keyScopes.length ? null : [...scopes],
      entityIds: entities.some(Boolean) ? entities.filter(Boolean) : null,
    }
    setKey((await server.projects.apiKeys.create(projectId, { name, expiresAt, ...limits })).key)
    await queries.invalidateQueries({ queryKey: ['project', projectId, 'api-keys'] })
  })
  const close = (next: boolean) => {
    onOpenChange(next)
    if (!next) setKey(undefined)
  }
  return (
    <Dialog open={open} onOpenChange={close} title={key ? 'Copy the key now' : 'Make an API key'} width="md">
      {key ? (
        <ShownOnce apiKey={key} onDone={() => close(false)} />
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
          <fieldset className="flex flex-col gap-2">
            <legend className="mb-1.5 text-sm font-medium">It may</legend>
            {keyScopes.map(({ scope, label, description }) => (
              <Checkbox
                key={scope}
                label={label}
                description={description}
                checked={scopes.includes(scope)}
                onChange={(on) => setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope))}
              />
            ))}
            {form.errorOf('scopes') && <p className="text-xs text-bad">{form.errorOf('scopes')}</p>}
          </fieldset>
          <TextField
            label="Only for these entities"
            name="entityIds"
            optional
            placeholder="user_42, user_43"
            help="Separated by commas. Empty means all of the project."
            error={form.errorOf('entityIds')}
          />
          <Field label="Ends after" error={form.errorOf('expiresAt')}>
            {({ id }) => <Select id={id} value={lifetime} choices={lifetimes} onChange={setLifetime} />}
          </Field>
          <FormError error={form.error} />
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
