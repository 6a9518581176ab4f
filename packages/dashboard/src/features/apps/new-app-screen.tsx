import type { AppDefinition, FieldError } from '@holdfast/sdk'
import { isHoldfastError } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { serverFor } from '../../lib/server.ts'
import { useProject } from '../../lib/use-project.ts'
import { appQuery } from '../../queries/apps.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/card.tsx'
import { TextArea } from '../../ui/field.tsx'
import { Page } from '../../ui/page.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { problemsOf } from './problems.ts'
import { templates } from './templates.ts'

/** Adds an app by its definition, or changes one of the project's own. */
export function NewAppScreen() {
  const { id: projectId } = useProject()
  const { app: key } = useSearch({ from: '/p/$projectId/apps/new' })
  const { data: app, error } = useQuery({ ...appQuery(projectId, key ?? ''), enabled: key !== undefined })
  if (key !== undefined && error) return <ErrorPanel error={error} />
  if (key !== undefined && app === undefined) return <Loading label="the app" />
  return <Editor key={key} existing={app?.definition} />
}

function Editor({ existing }: { existing: AppDefinition | undefined }) {
  const { id: projectId } = useProject()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [text, setText] = useState(() => JSON.stringify(existing ?? templates[0]?.definition, null, 2))
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<{ text: string; error: unknown }>()
  const { definition, problems } = problemsOf(text)
  // What the server said holds for the text it saw.
  const said = refusal?.text === text ? refusal.error : undefined
  const fields: readonly FieldError[] = isHoldfastError(said) ? said.fields : []

  const save = async () => {
    if (!definition || busy) return
    setBusy(true)
    try {
      const { apps } = serverFor(projectId)
      const app = existing ? await apps.update(String(existing.key), definition) : await apps.create(definition)
      await queries.invalidateQueries({ queryKey: ['project', projectId, 'apps'] })
      await navigate({ to: '/p/$projectId/apps/$appKey', params: { projectId, appKey: app.key } })
    } catch (error) {
      setRefusal({ text, error })
    }
    setBusy(false)
  }

  return (
    <Page
      title={existing ? `Change ${existing.name}` : 'Add your own app'}
      description="An app is data: where to send people, where to get tokens, how to send them along."
      actions={
        <ApiCallButton
          call={{
            method: 'POST',
            path: '/api/v1/apps',
            body: definition ?? {},
            javascript: `holdfast.apps.create(${JSON.stringify(definition ?? {}, null, 2)})`,
          }}
        />
      }
    >
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Section
          title="Definition"
          actions={
            !existing &&
            templates.map((template) => (
              <Button
                key={template.name}
                size="sm"
                onClick={() => setText(JSON.stringify(template.definition, null, 2))}
              >
                {template.name}
              </Button>
            ))
          }
        >
          <TextArea
            label="JSON, in the format of the catalog"
            value={text}
            spellCheck={false}
            rows={26}
            onChange={(event) => setText(event.target.value)}
            className="resize-y font-mono text-xs leading-5"
          />
          <div className="mt-4 flex justify-end">
            <Button variant="primary" busy={busy} disabled={problems.length > 0} onClick={save}>
              {existing ? 'Save' : 'Add the app'}
            </Button>
          </div>
        </Section>
        <Section title="Check">
          <div role="status" aria-live="polite" className="flex flex-col gap-2.5 text-sm">
            {problems.length === 0 && fields.length === 0 && said === undefined && (
              <p className="flex items-center gap-2 text-good">
                <CircleCheck aria-hidden className="size-4" />
                Nothing is missing. The server checks the rest when it is added.
              </p>
            )}
            {[...problems, ...fields].map(({ property, message }) => (
              <p key={property + message} className="flex gap-2">
                <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
                <span className="min-w-0">
                  {property && <code className="font-mono text-xs">{property}</code>} {message}
                </span>
              </p>
            ))}
          </div>
          {said !== undefined && fields.length === 0 && (
            <div className="-mx-4">
              <ErrorPanel error={said} />
            </div>
          )}
        </Section>
      </div>
    </Page>
  )
}
