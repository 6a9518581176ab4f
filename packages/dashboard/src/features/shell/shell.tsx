import { Dialog } from '@base-ui/react/dialog'
import { Menu as MenuIcon, Search, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { cn } from '../../lib/cn.ts'
import { useProject } from '../../lib/use-project.ts'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Mark } from '../../ui/mark.tsx'
import { CommandPalette } from './command-palette.tsx'
import { PersonMenu } from './person-menu.tsx'
import { ModeBadge, ProjectSwitch } from './project-switch.tsx'
import { modifierKey, useShortcuts } from './shortcuts.ts'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { SidebarLinks } from './sidebar-links.tsx'

/** What stays around every screen: where one is, where one can go, and who one is. */
export function Shell({ children }: { children: ReactNode }) {
  const [palette, setPalette] = useState(false)
  const [shortcuts, setShortcuts] = useState(false)
  const [drawer, setDrawer] = useState(false)
  const project = useProject()
  useShortcuts({ openPalette: () => setPalette(true), openList: () => setShortcuts(true) })

  const side = (
    <div className="flex h-full flex-col gap-3 px-3 py-3.5">
      <ProjectSwitch />
      <button
        type="button"
        onClick={() => setPalette(true)}
        className="flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-sm text-faint shadow-card hover:border-line-strong"
      >
        <Search aria-hidden className="size-3.5" />
        <span className="flex-1 text-left">Search or go to…</span>
        <Kbd>{modifierKey} K</Kbd>
      </button>
      <SidebarLinks onGo={() => setDrawer(false)} />
      <PersonMenu onShortcuts={() => setShortcuts(true)} />
    </div>
  )

  return (
    <>
      <button
        type="button"
        onClick={() => document.getElementById('main')?.focus()}
        className={cn(buttonClass({ variant: 'primary' }), 'fixed top-2 left-2 z-60 not-focus:sr-only')}
      >
        Skip to content
      </button>
      <div className="flex min-h-dvh">
        <aside
          aria-label="Navigation"
          className="sticky top-0 hidden h-dvh w-60 shrink-0 overflow-y-auto border-r border-line bg-sunken/50 lg:block"
        >
          {side}
        </aside>
        <div className="flex min-w-0 flex-1 flex-col">
          <header className="sticky top-0 z-30 flex items-center gap-2 border-b border-line bg-surface px-3 py-2 lg:hidden">
            <Button variant="ghost" size="icon" aria-label="Open the navigation" onClick={() => setDrawer(true)}>
              <MenuIcon aria-hidden />
            </Button>
            <Mark className="size-6" />
            <span className="min-w-0 flex-1 truncate text-sm font-medium">{project.name}</span>
            <ModeBadge mode={project.mode} />
            <Button variant="ghost" size="icon" aria-label="Search or go to" onClick={() => setPalette(true)}>
              <Search aria-hidden />
            </Button>
          </header>
          {children}
        </div>
      </div>

      <Dialog.Root open={drawer} onOpenChange={setDrawer}>
        <Dialog.Portal>
          <Dialog.Backdrop className="fade-motion fixed inset-0 z-40 bg-scrim lg:hidden" />
          <Dialog.Popup
            aria-label="Navigation"
            className="drawer-motion fixed inset-y-0 left-0 z-50 w-[min(17rem,85vw)] overflow-y-auto bg-canvas shadow-pop outline-none lg:hidden"
          >
            <Dialog.Close
              aria-label="Close the navigation"
              className={cn(buttonClass({ variant: 'ghost', size: 'icon' }), 'absolute top-3.5 right-2')}
            >
              <X aria-hidden />
            </Dialog.Close>
            <div className="h-full [&>div>:first-child]:mr-8">{side}</div>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
      <CommandPalette open={palette} onOpenChange={setPalette} onShortcuts={() => setShortcuts(true)} />
      <ShortcutsDialog open={shortcuts} onOpenChange={setShortcuts} />
    </>
  )
}
