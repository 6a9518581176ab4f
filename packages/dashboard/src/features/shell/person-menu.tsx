import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { BookOpen, ChevronsUpDown, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react'
import { server, serverUrl } from '../../lib/server.ts'
import { setTheme, type Theme, themes, useTheme } from '../../lib/theme.ts'
import { useAction } from '../../lib/use-action.ts'
import { useOperator } from '../../lib/use-project.ts'
import { Initial } from '../../ui/app-logo.tsx'
import { Menu, MenuGroup, MenuItem, MenuLink, MenuSeparator } from '../../ui/menu.tsx'

const icons = { system: Monitor, light: Sun, dark: Moon } as const
const labels: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' }

export function PersonMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const operator = useOperator()
  const theme = useTheme()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const signOut = useAction(async () => {
    await server.session.signOut()
    await navigate({ to: '/sign-in' })
    queries.clear()
  })
  return (
    <Menu
      align="start"
      side="top"
      trigger={
        <button type="button" className="flex items-center gap-2.5 rounded-lg px-1.5 py-1 text-left hover:bg-hover">
          <Initial text={operator.name} />
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm font-medium">{operator.name}</span>
            <span className="block truncate text-xs text-faint">{operator.role}</span>
          </span>
          <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-faint" />
        </button>
      }
    >
      <MenuGroup label="Appearance">
        {themes.map((name) => {
          const Icon = icons[name]
          return (
            <MenuItem key={name} onSelect={() => setTheme(name)}>
              <Icon aria-hidden />
              <span className="flex-1">{labels[name]}</span>
              {theme === name && <span className="text-xs text-accent">on</span>}
            </MenuItem>
          )
        })}
      </MenuGroup>
      <MenuSeparator />
      <MenuLink render={<a href={`${serverUrl}/docs`} />}>
        <BookOpen aria-hidden />
        API reference
      </MenuLink>
      <MenuItem onSelect={onShortcuts}>
        <Keyboard aria-hidden />
        Keyboard shortcuts
      </MenuItem>
      <MenuSeparator />
      <MenuItem onSelect={() => signOut.mutate(undefined)}>
        <LogOut aria-hidden />
        Sign out
      </MenuItem>
    </Menu>
  )
}
