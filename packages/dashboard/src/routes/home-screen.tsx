import { useQuery } from '@tanstack/react-query'
import { lastProject } from '../lib/last-project.ts'
import { sessionQuery } from '../queries/session.ts'
import { Redirect } from '../ui/redirect.tsx'
import { Splash } from '../ui/splash.tsx'
import { ErrorPanel } from '../ui/states.tsx'

/** Leads to where the person works: the project looked at last, else the first. */
export function HomeScreen() {
  const { data, error, refetch } = useQuery(sessionQuery)
  if (error) return <ErrorPanel error={error} retry={refetch} />
  if (data === undefined) return <Splash />
  if (data === null) return <Redirect to="/sign-in" />
  const last = lastProject()
  const project = data.projects.find(({ id }) => id === last) ?? data.projects[0]
  if (!project)
    return <ErrorPanel error={new Error('There is no project yet. Create one with POST /api/v1/projects.')} />
  return <Redirect to="/p/$projectId" params={{ projectId: project.id }} />
}
