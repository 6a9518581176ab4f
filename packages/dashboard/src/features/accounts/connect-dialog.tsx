import type { ConnectLink } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { useMemo, useState } from 'react'
import { javascriptValue } from '../../lib/api-call.ts'
import { schemeName } from '../../lib/app-definition.ts'
import { serverFor } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { appsQuery } from '../../queries/apps.ts'
import { integrationsQuery } from '../../queries/integrations.ts'
import { Snippets } from '../../ui/api-call-button.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Combobox } from '../../ui/combobox.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Field, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { FormError } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

const anyApp = { value: 'any', label: 'Let the person choose' }

/** Makes a link to the connect page, for one user. */
export function ConnectDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const project = useProject()
  const [link, setLink] = useState<ConnectLink>()
  const [integration, setIntegration] = useState(anyApp.value)
  const { data: integrations } = useQuery(integrationsQuery(project.id))
  const { data: apps } = useQuery(appsQuery(project.id))
  const choices = useMemo(() => {
    const names = new Map(apps?.map(({ key, name }) => [key, name]))
    const offered = (integrations ?? []).filter(({ enabled }) => enabled)
    return [
      anyApp,
      ...offered.map(({ id, name, appName, authScheme, isDefault }) => ({
        value: id,
        label: `${names.get(appName) ?? appName} · ${isDefault ? schemeName(authScheme) : name}`,
      })),
    ]
  }, [apps, integrations])
  const choice = integration === anyApp.value ? {} : { integrationIds: [integration] }
  const form = useForm(async ({ entityId = '' }) => {
    setLink(await serverFor(project.id).connectLinks.create({ entityId, ...choice }))
  })
  const close = (next: boolean) => {
    onOpenChange(next)
    if (!next) setLink(undefined)
  }
  return (
    <Dialog
      open={open}
      onOpenChange={close}
      title="Connect an account"
      description="A link for one of your users. Your own server would make it the same way."
      width="md"
    >
      {link ? (
        <div className="flex flex-col gap-4">
          <Notice tone="good" title={`A link for ${link.entityId}`}>
            It works once, and ends <Time at={link.expiresAt} />.
          </Notice>
          <CopyValue value={link.url} label="Copy the link" />
          <Snippets
            call={{
              method: 'POST',
              path: '/api/v1/connectLinks',
              body: { entityId: link.entityId, ...choice },
              javascript: `holdfast.connectLinks.create(${javascriptValue({ entityId: link.entityId, ...choice })})`,
            }}
          />
          <DialogActions>
            <Button onClick={() => setLink(undefined)}>Another link</Button>
            <a href={link.url} target="_blank" rel="noreferrer" className={buttonClass({ variant: 'primary' })}>
              Open it
              <ExternalLink aria-hidden />
            </a>
          </DialogActions>
        </div>
      ) : (
        <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
          <TextField
            label="Entity"
            name="entityId"
            required
            placeholder="jessica"
            help="Your own id of the user or tenant whose account it is."
            error={form.errorOf('entityId')}
          />
          <Field label="App">
            {({ id }) => <Combobox id={id} value={integration} onChange={setIntegration} choices={choices} />}
          </Field>
          <FormError error={form.error} />
          <DialogActions>
            <Button type="submit" variant="primary" busy={form.busy}>
              Make the link
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  )
}
