import { Dialog } from '@base-ui/react/dialog'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Keyboard, Link2, type LucideIcon, Moon, Plus, Search, Sun, User } from 'lucide-react'
import { useId, useMemo, useState } from 'react'
import { cn } from '../../lib/cn.ts'
import { setTheme } from '../../lib/theme.ts'
import { useProject } from '../../lib/use-project.ts'
import { appsQuery } from '../../queries/apps.ts'
import { sessionQuery } from '../../queries/session.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { allDestinations } from './navigation.ts'

interface Command {
  id: string
  label: string
  hint?: string
  icon: LucideIcon
  run: () => void
}

/** One box to go anywhere: screens, projects, apps, an account by its id, an entity by its name. */
export function CommandPalette({
  open,
  onOpenChange,
  onShortcuts,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  onShortcuts: () => void
}) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fade-motion fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup
          aria-label="Search or go to"
          className="popup-motion fixed inset-x-2 top-[8vh] z-50 mx-auto flex max-h-[70vh] max-w-xl flex-col overflow-hidden rounded-xl bg-raised shadow-pop outline-none sm:top-[14vh]"
        >
          <Finder close={() => onOpenChange(false)} onShortcuts={onShortcuts} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Finder({ close, onShortcuts }: { close: () => void; onShortcuts: () => void }) {
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const list = useId()
  const commands = useCommands(text.trim(), onShortcuts)
  const current = Math.min(chosen, commands.length - 1)
  const choose = (index: number) => {
    setChosen(index)
    document.getElementById(`${list}-${index}`)?.scrollIntoView({ block: 'nearest' })
  }
  const run = (command: Command | undefined) => {
    if (!command) return
    close()
    command.run()
  }
  return (
    <>
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search aria-hidden className="size-4 shrink-0 text-faint" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the dialog exists for this one input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={commands.length > 0 ? `${list}-${current}` : undefined}
          aria-label="Search or go to"
          placeholder="Screen, app, account id or entity…"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setChosen(0)
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') choose(Math.min(current + 1, commands.length - 1))
            else if (event.key === 'ArrowUp') choose(Math.max(current - 1, 0))
            else if (event.key === 'Enter') run(commands[current])
            else return
            event.preventDefault()
          }}
          className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none"
        />
        <Kbd>Esc</Kbd>
      </div>
      <div id={list} role="listbox" aria-label="Results" className="overflow-y-auto p-1.5">
        {commands.map(({ id, label, hint, icon: Icon, ...command }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the input
          <div
            key={id}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            onMouseMove={() => index !== current && setChosen(index)}
            onClick={() => run({ id, label, icon: Icon, ...command })}
            className={cn(
              'flex cursor-default items-center gap-3 rounded-lg px-3 py-2 text-sm',
              index === current && 'bg-accent-wash text-accent',
            )}
          >
            <Icon aria-hidden className="size-4 shrink-0 opacity-70" />
            <span className="min-w-0 flex-1 truncate">{label}</span>
            {hint && <span className="text-xs text-faint">{hint}</span>}
          </div>
        ))}
      </div>
      {commands.length === 0 && <p className="px-4 pb-5 text-center text-sm text-soft">Nothing is called that.</p>}
    </>
  )
}

const accountId = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i

function useCommands(text: string, onShortcuts: () => void): Command[] {
  const navigate = useNavigate()
  const project = useProject()
  const { data: session } = useQuery(sessionQuery)
  const { data: apps } = useQuery(appsQuery(project.id))
  const params = { projectId: project.id }

  const fixed = useMemo<Command[]>(
    () => [
      ...allDestinations.map(({ to, label, icon }) => ({
        id: to,
        label,
        hint: 'Screen',
        icon,
        run: () => void navigate({ to, params: { projectId: project.id } }),
      })),
      {
        id: 'new-integration',
        label: 'Add an integration',
        hint: 'Action',
        icon: Plus,
        run: () => void navigate({ to: '/p/$projectId/integrations/new', params: { projectId: project.id } }),
      },
      { id: 'dark', label: 'Dark appearance', hint: 'Action', icon: Moon, run: () => setTheme('dark') },
      { id: 'light', label: 'Light appearance', hint: 'Action', icon: Sun, run: () => setTheme('light') },
      { id: 'shortcuts', label: 'Keyboard shortcuts', hint: 'Help', icon: Keyboard, run: onShortcuts },
    ],
    [navigate, project.id, onShortcuts],
  )
  if (text === '') return fixed

  const wanted = text.toLowerCase()
  const named = <Item extends { label: string }>(items: Item[]) =>
    items.filter(({ label }) => label.toLowerCase().includes(wanted))
  const ofApps = (apps ?? []).map(({ key, name }) => ({
    id: `app-${key}`,
    label: name,
    hint: 'App',
    icon: Link2,
    run: () => void navigate({ to: '/p/$projectId/apps/$appKey', params: { ...params, appKey: key } }),
  }))
  const ofProjects = (session?.projects ?? [])
    .filter(({ id }) => id !== project.id)
    .map(({ id, name, mode }) => ({
      id: `project-${id}`,
      label: name,
      hint: `Project, ${mode}`,
      icon: Link2,
      run: () => void navigate({ to: '/p/$projectId', params: { projectId: id } }),
    }))
  const direct: Command[] = [
    ...(accountId.test(text)
      ? [
          {
            id: 'account',
            label: `Account ${text}`,
            hint: 'Account',
            icon: Link2,
            run: () =>
              void navigate({ to: '/p/$projectId/accounts/$accountId', params: { ...params, accountId: text } }),
          },
        ]
      : []),
    {
      id: 'entity',
      label: `Accounts of entity “${text}”`,
      hint: 'Filter',
      icon: User,
      run: () => void navigate({ to: '/p/$projectId/accounts', params, search: { entity: text } }),
    },
  ]
  return [...named(fixed), ...named(ofProjects), ...named(ofApps).slice(0, 8), ...direct]
}
