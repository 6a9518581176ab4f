import { useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useRef } from 'react'
import { useProject } from '../../lib/use-project.ts'
import { allDestinations } from './navigation.ts'

export const modifierKey = /mac|iphone|ipad/i.test(navigator.platform) ? '⌘' : 'Ctrl'

/** How long after G the second key may come. */
const secondKeyMs = 1500

/** Keys that work on every screen. Single keys are left alone while somebody types or a dialog is open. */
export function useShortcuts({ openPalette, openList }: { openPalette: () => void; openList: () => void }): void {
  const navigate = useNavigate()
  const { id: projectId } = useProject()
  const wentAt = useRef(0)

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      openPalette()
      return
    }
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || isDialogOpen()) return
    const key = event.key.toLowerCase()
    if (Date.now() - wentAt.current < secondKeyMs) {
      wentAt.current = 0
      const destination = allDestinations.find((one) => one.key === key)
      if (destination) void navigate({ to: destination.to, params: { projectId } })
      return
    }
    if (key === 'g') wentAt.current = Date.now()
    if (key === '?') openList()
    if (key === '/') {
      const search = document.querySelector<HTMLInputElement>('[data-shortcut="search"]')
      if (search) {
        event.preventDefault()
        search.focus()
      }
    }
  })

  useEffect(() => {
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

const isDialogOpen = (): boolean =>
  document.querySelector('[role="dialog"],[role="alertdialog"],[role="menu"]') !== null
