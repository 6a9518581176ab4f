import type { ProjectMode } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight, Plus } from 'lucide-react'
import { useState } from 'react'
import { server } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useMayChange } from '../../lib/use-project.ts'
import { sessionQuery } from '../../queries/session.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Field, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { FormError } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

export function ProjectsSettings() {
  const mayChange = useMayChange()
  const { data } = useQuery(sessionQuery)
  const [adding, setAdding] = useState(false)
  return (
    <div className="max-w-3xl">
      <Section
        title="Projects"
        description="Separate from each other in everything: accounts, keys, webhooks."
        actions={
          mayChange && (
            <Button onClick={() => setAdding(true)}>
              <Plus aria-hidden />
              Make a project
            </Button>
          )
        }
        flush
      >
        <ul className="divide-y divide-line">
          {data?.projects.map((project) => (
            <li key={project.id} className="relative flex items-center gap-3 px-4 py-3 text-sm hover:bg-hover sm:px-5">
              <div className="min-w-0 flex-1">
                <Link
                  to="/p/$projectId"
                  params={{ projectId: project.id }}
                  className="font-medium after:absolute after:inset-0"
                >
                  {project.name}
                </Link>
                <p className="text-xs text-faint">
                  since <Time at={project.createdAt} />
                </p>
              </div>
              <Badge tone={project.mode === 'live' ? 'good' : 'warn'}>
                {project.mode === 'live' ? 'Live' : 'Test'}
              </Badge>
              <ChevronRight aria-hidden className="size-4 text-faint" />
            </li>
          ))}
        </ul>
      </Section>
      <NewProjectDialog open={adding} onOpenChange={setAdding} />
    </div>
  )
}

function NewProjectDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const queries = useQueryClient()
  const [mode, setMode] = useState<ProjectMode>('test')
  const [made, setMade] = useState<{ id: string; name: string; apiKey: string }>()
  const form = useForm(async ({ name = '' }) => {
    setMade(await server.projects.create({ name: name.trim(), mode }))
    await queries.invalidateQueries({ queryKey: ['session'] })
  })
  const close = (next: boolean) => {
    onOpenChange(next)
    if (!next) setMade(undefined)
  }
  return (
    <Dialog open={open} onOpenChange={close} title={made ? `${made.name} is there` : 'Make a project'} width="sm">
      {made ? (
        <div className="flex flex-col gap-4">
          <Notice tone="warn">Its first API key is shown this once.</Notice>
          <CodeBlock label="API key" text={made.apiKey} />
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
            error={form.errorOf('name')}
            help="Users see it on the connect page."
          />
          <Field label="Mode" help="Test: a simulator can play the apps. Live: only the apps themselves.">
            {({ id }) => (
              <Select
                id={id}
                value={mode}
                onChange={setMode}
                choices={[
                  { value: 'test', label: 'Test' },
                  { value: 'live', label: 'Live' },
                ]}
              />
            )}
          </Field>
          <FormError error={form.error} />
          <DialogActions>
            <Button onClick={() => close(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={form.busy}>
              Make it
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  )
}
