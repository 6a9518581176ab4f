import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ApiCall } from '../../lib/api-call.ts'
import { useOperator, useProject } from '../../lib/use-project.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Page } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { OperatorsSettings } from './operators-settings.tsx'
import { PersonSettings } from './person-settings.tsx'
import { ProjectSettings } from './project-settings.tsx'
import { ProjectsSettings } from './projects-settings.tsx'

/** Those of a tab need the operator's key. */
const calls: Record<'project' | 'projects' | 'operators' | 'you', (projectId: string) => ApiCall> = {
  project: (projectId) => ({
    method: 'PATCH',
    path: `/api/v1/projects/${projectId}`,
    body: { name: 'My app', allowedRedirectUrls: ['https://yours.example/connected'] },
    javascript: `holdfast.projects.update('${projectId}', { name: 'My app' }) // with the operator’s key`,
  }),
  projects: () => ({
    method: 'POST',
    path: '/api/v1/projects',
    body: { name: 'My app', mode: 'live' },
    javascript: "holdfast.projects.create({ name: 'My app', mode: 'live' }) // with the operator’s key",
  }),
  operators: () => ({
    method: 'GET',
    path: '/api/v1/operators',
    javascript: 'holdfast.operators.list() // with the operator’s key',
  }),
  you: () => ({
    method: 'GET',
    path: '/api/v1/session',
    javascript: 'holdfast.session.get() // in a browser that is signed in',
  }),
}

export function SettingsScreen() {
  const { id } = useProject()
  const { role } = useOperator()
  const { tab = 'project' } = useSearch({ from: '/p/$projectId/settings' })
  const navigate = useNavigate({ from: '/p/$projectId/settings' })
  const seesOperators = role !== 'viewer'
  return (
    <Page title="Settings" actions={<ApiCallButton call={calls[tab](id)} />}>
      <Tabs
        label="Settings"
        value={tab}
        onChange={(next) => navigate({ search: { tab: next === 'project' ? undefined : next }, replace: true })}
        tabs={[
          { name: 'project', label: 'This project' },
          { name: 'projects', label: 'All projects' },
          ...(seesOperators ? [{ name: 'operators' as const, label: 'Operators' }] : []),
          { name: 'you', label: 'You' },
        ]}
      >
        {tab === 'projects' ? (
          <ProjectsSettings />
        ) : tab === 'operators' && seesOperators ? (
          <OperatorsSettings />
        ) : tab === 'you' ? (
          <PersonSettings />
        ) : (
          <ProjectSettings />
        )}
      </Tabs>
    </Page>
  )
}
