import { useNavigate, useSearch } from '@tanstack/react-router'
import { useOperator } from '../../lib/use-project.ts'
import { Page } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { OperatorsSettings } from './operators-settings.tsx'
import { PersonSettings } from './person-settings.tsx'
import { ProjectSettings } from './project-settings.tsx'
import { ProjectsSettings } from './projects-settings.tsx'

export function SettingsScreen() {
  const { role } = useOperator()
  const { tab = 'project' } = useSearch({ from: '/p/$projectId/settings' })
  const navigate = useNavigate({ from: '/p/$projectId/settings' })
  const seesOperators = role !== 'viewer'
  return (
    <Page title="Settings">
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
