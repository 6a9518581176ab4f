import { type NavigateOptions, useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent } from 'react'

/** Leads somewhere else, once: a page that is drawn again while it leads away must not begin anew. */
export function Redirect(to: NavigateOptions) {
  const navigate = useNavigate()
  const go = useEffectEvent(() => void navigate({ ...to, replace: true }))
  useEffect(() => go(), [])
  return null
}
