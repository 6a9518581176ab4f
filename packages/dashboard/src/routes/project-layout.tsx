import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation, useParams } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { Shell } from '../features/shell/shell.tsx'
import { rememberProject } from '../lib/last-project.ts'
import { useLiveUpdates } from '../lib/use-live.ts'
import { sessionQuery } from '../queries/session.ts'
import { Redirect } from '../ui/redirect.tsx'
import { Splash } from '../ui/splash.tsx'
import { ErrorPanel } from '../ui/states.tsx'
import { NotFoundScreen } from './edge-screens.tsx'

/** Around every screen of a project: somebody is signed in, and the project is there. */
export function ProjectLayout() {
  const { projectId } = useParams({ from: '/p/$projectId' })
  const { data, error, refetch } = useQuery(sessionQuery)
  if (error && data === undefined) return <ErrorPanel error={error} retry={refetch} />
  if (data === undefined) return <Splash />
  if (data === null) return <Redirect to="/sign-in" search={{ next: location.pathname + location.search }} />
  if (!data.projects.some(({ id }) => id === projectId)) return <NotFoundScreen />
  return <ProjectScreens key={projectId} projectId={projectId} />
}

function ProjectScreens({ projectId }: { projectId: string }) {
  const { pathname } = useLocation()
  const main = useRef<HTMLElement>(null)
  useLiveUpdates(projectId)
  useEffect(() => rememberProject(projectId), [projectId])

  // A new screen begins at its top, for the eyes and for the keyboard.
  const seen = useRef(pathname)
  useEffect(() => {
    if (seen.current === pathname) return
    seen.current = pathname
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [pathname])

  return (
    <Shell>
      <main ref={main} id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
        <Outlet />
      </main>
    </Shell>
  )
}
