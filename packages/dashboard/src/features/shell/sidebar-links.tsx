import { Link } from '@tanstack/react-router'
import { useProject } from '../../lib/use-project.ts'
import { destinations } from './navigation.ts'

export function SidebarLinks({ onGo }: { onGo: () => void }) {
  const { id: projectId } = useProject()
  return (
    <nav aria-label="Screens" className="flex flex-1 flex-col gap-4 pt-1">
      {destinations.map(({ heading, items }) => (
        <div key={heading}>
          {heading && <p className="px-2.5 pb-1 text-xs font-medium text-faint">{heading}</p>}
          <ul className="flex flex-col gap-px">
            {items.map(({ to, label, icon: Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  params={{ projectId }}
                  onClick={onGo}
                  activeOptions={{ exact: to === '/p/$projectId', includeSearch: false }}
                  className="flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm font-medium text-soft hover:bg-hover hover:text-ink [&_svg]:text-faint"
                  activeProps={{
                    className: 'bg-surface! text-ink! shadow-card ring-1 ring-line [&_svg]:text-accent!',
                    'aria-current': 'page',
                  }}
                >
                  <Icon aria-hidden className="size-4 shrink-0" />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
