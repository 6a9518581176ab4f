import type { Integration } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { oauthPart, ownParams } from '../../lib/app-definition.ts'
import { serverFor } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { appQuery } from '../../queries/apps.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { SecretField, TextField } from '../../ui/field.tsx'
import { SetupGuide } from '../../ui/setup-guide.tsx'
import { FormError } from '../../ui/states.tsx'
import { RedirectUri } from './redirect-uri.tsx'
import { ScopePicker } from './scope-picker.tsx'

/** The redirect URI to take to the app, and the client to bring back from there. */
export function ClientForm({
  integration,
  appName,
  action,
  onSaved,
}: {
  integration: Integration
  appName: string
  action: string
  onSaved: (integration: Integration) => void
}) {
  const { id: projectId } = useProject()
  const queries = useQueryClient()
  const { data: app } = useQuery(appQuery(projectId, integration.appName))
  const [scopes, setScopes] = useState<readonly string[] | null>(integration.scopes)
  const oauth = oauthPart(app)
  const wanted = ownParams(app, integration.authScheme)
  const form = useForm(async ({ clientId = '', clientSecret = '', ...others }) => {
    const params = Object.fromEntries(
      wanted.flatMap(({ name }) => {
        const value = others[`params.${name}`]?.trim()
        return value ? [[name, value]] : []
      }),
    )
    const saved = await serverFor(projectId).integrations.update(integration.id, {
      enabled: true,
      ...(clientId.trim() !== '' && { clientId: clientId.trim() }),
      ...(clientSecret.trim() !== '' && { clientSecret: clientSecret.trim() }),
      scopes: scopes === null ? null : [...scopes],
      ...(Object.keys(params).length > 0 && { params }),
    })
    await queries.invalidateQueries({ queryKey: ['project', projectId, 'integrations'] })
    onSaved(saved)
  })
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <form onSubmit={form.onSubmit} className="flex min-w-0 flex-col gap-5">
        <Section title="Redirect URI" description={`Register it at ${appName}, exactly so: with every character.`}>
          <RedirectUri uri={integration.redirectUri} />
        </Section>
        <Section title="Client" description={`What ${appName} gives you in return.`}>
          <div className="flex flex-col gap-4">
            <TextField
              label="Client ID"
              name="clientId"
              required
              spellCheck={false}
              autoComplete="off"
              defaultValue={integration.clientId ?? ''}
              error={form.errorOf('clientId')}
            />
            <SecretField
              label="Client secret"
              name="clientSecret"
              optional={integration.hasClientSecret}
              help={
                integration.hasClientSecret
                  ? 'There is one. Leave this empty to keep it.'
                  : 'Encrypted, and never shown again.'
              }
              error={form.errorOf('clientSecret')}
            />
            {wanted.map(({ name, label, help, example, isSecret, isRequired }) => {
              const Input = isSecret ? SecretField : TextField
              return (
                <Input
                  key={name}
                  name={`params.${name}`}
                  label={label}
                  help={help}
                  placeholder={example}
                  required={isRequired && !isSecret}
                  optional={!isRequired}
                  defaultValue={isSecret ? undefined : integration.params[name]}
                  error={form.errorOf(`params.${name}`)}
                />
              )
            })}
          </div>
        </Section>
        {oauth && (
          <ScopePicker scopes={scopes} known={oauth.scopes} onChange={setScopes} error={form.errorOf('scopes')} />
        )}
        <FormError error={form.error} />
        <div className="flex justify-end">
          <Button type="submit" variant="primary" busy={form.busy}>
            {action}
          </Button>
        </div>
      </form>
      {oauth && <SetupGuide appName={appName} url={oauth.setupUrl} steps={oauth.steps} />}
    </div>
  )
}
