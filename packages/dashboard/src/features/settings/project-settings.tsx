import type { Project } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { server } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { projectQuery } from '../../queries/projects.ts'
import { Button } from '../../ui/button.tsx'
import { Card, Fact, Facts, Section } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Field, TextArea, TextField } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { ErrorPanel, FormError, Loading } from '../../ui/states.tsx'
import { toast } from '../../ui/toast.tsx'
import { BrandingSettings } from './branding-settings.tsx'
import { KillSwitches } from './kill-switches.tsx'

export function ProjectSettings() {
  const { id } = useProject()
  const { data: project, error, refetch } = useQuery(projectQuery(id))
  if (error)
    return (
      <Card>
        <ErrorPanel error={error} retry={refetch} />
      </Card>
    )
  if (!project)
    return (
      <Card>
        <Loading label="the project" rows={2} />
      </Card>
    )
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      <ProjectForm key={project.updatedAt} project={project} />
      <BrandingSettings projectName={project.name} />
      <KillSwitches />
      <DeleteProject project={project} />
    </div>
  )
}

const verifications = [
  { value: 'none', label: 'Is who clicked on the connect page' },
  { value: 'required', label: 'Is confirmed by your backend, before the account is connected' },
] as const

function ProjectForm({ project }: { project: Project }) {
  const mayChange = useMayChange()
  const queries = useQueryClient()
  const [userVerification, setUserVerification] = useState(project.userVerification)
  const form = useForm(async ({ name = '', allowedRedirectUrls = '' }) => {
    await server.projects.update(project.id, {
      name: name.trim(),
      allowedRedirectUrls: allowedRedirectUrls.split(/\s+/).filter(Boolean),
      userVerification,
    })
    toast.done('Saved')
    await Promise.all([
      queries.invalidateQueries({ queryKey: ['session'] }),
      queries.invalidateQueries({ queryKey: ['project', project.id, 'settings'] }),
    ])
  })
  return (
    <Section title="Project">
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <Facts>
          <Fact name="Id">
            <CopyValue value={project.id} label="Copy the project id" />
          </Fact>
          <Fact name="Mode">
            {project.mode === 'test'
              ? 'Test: a simulator can play the apps. It cannot be changed.'
              : 'Live: only the apps themselves. It cannot be changed.'}
          </Fact>
        </Facts>
        <TextField
          label="Name"
          name="name"
          required
          disabled={!mayChange}
          defaultValue={project.name}
          help="Users see it on the connect page."
          error={form.errorOf('name')}
        />
        <TextArea
          label="Allowed redirect URLs"
          name="allowedRedirectUrls"
          rows={4}
          spellCheck={false}
          disabled={!mayChange}
          defaultValue={project.allowedRedirectUrls.join('\n')}
          placeholder="https://yours.example/connected"
          help="One to a line. Where users may be sent after connecting. With none, a test project allows any."
          error={form.errorOf('allowedRedirectUrls')}
          className="font-mono text-xs leading-5"
        />
        <Field
          label="Who came back from the app"
          error={form.errorOf('userVerification')}
          help="With a confirmation, a link that somebody sent on connects nobody’s account to the wrong user."
        >
          {({ id }) => (
            <Select id={id} value={userVerification} choices={verifications} onChange={setUserVerification} />
          )}
        </Field>
        <FormError error={form.error} />
        {mayChange && (
          <div className="flex justify-end">
            <Button type="submit" variant="primary" busy={form.busy}>
              Save
            </Button>
          </div>
        )}
      </form>
    </Section>
  )
}

function DeleteProject({ project }: { project: Project }) {
  const mayChange = useMayChange()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [open, setOpen] = useState(false)
  if (!mayChange) return null
  return (
    <Section
      title="Delete this project"
      description="With its accounts, integrations, keys and webhooks. Nothing brings them back."
      actions={
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete the project
        </Button>
      }
      flush
    >
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Delete ${project.name}?`}
        action="Delete the project"
        typed={project.name}
        onConfirm={async () => {
          await server.projects.delete(project.id)
          await queries.invalidateQueries({ queryKey: ['session'] })
          await navigate({ to: '/' })
        }}
      >
        Every account in it is lost to you, and your keys stop working at once.
      </ConfirmDialog>
    </Section>
  )
}
