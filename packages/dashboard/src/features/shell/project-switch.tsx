import type { ProjectMode } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, ChevronsUpDown } from 'lucide-react'
import { useProject } from '../../lib/use-project.ts'
import { sessionQuery } from '../../queries/session.ts'
import { Badge } from '../../ui/badge.tsx'
import { Mark } from '../../ui/mark.tsx'
import { Menu, MenuGroup, MenuLink } from '../../ui/menu.tsx'

/** Which of the projects one is in. Whether it is a test is in sight on every screen. */
export function ProjectSwitch() {
  const project = useProject()
  const { data } = useQuery(sessionQuery)
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="flex items-center gap-2.5 rounded-lg px-1.5 py-1 text-left hover:bg-hover">
          <Mark className="size-7 shrink-0" />
          <span className="min-w-0 flex-1 truncate font-semibold">{project.name}</span>
          <ModeBadge mode={project.mode} />
          <span className="sr-only">Switch project</span>
          <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-faint" />
        </button>
      }
    >
      <MenuGroup label="Projects">
        {data?.projects.map(({ id, name, mode }) => (
          <MenuLink key={id} render={<Link to="/p/$projectId" params={{ projectId: id }} />}>
            <span className="max-w-56 min-w-0 flex-1 truncate">{name}</span>
            <ModeBadge mode={mode} />
            {id === project.id ? <Check aria-label="Current" /> : <span className="size-4" />}
          </MenuLink>
        ))}
      </MenuGroup>
    </Menu>
  )
}

export const ModeBadge = ({ mode }: { mode: ProjectMode }) => (
  <Badge tone={mode === 'live' ? 'good' : 'warn'}>{mode === 'live' ? 'Live' : 'Test'}</Badge>
)
