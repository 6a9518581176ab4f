import { useState } from 'react'
import { cn } from '../lib/cn.ts'
import { initialOf } from '../lib/format.ts'
import { serverUrl } from '../lib/server.ts'

const sizes = { sm: 'size-6 text-xs', md: 'size-8 text-sm', lg: 'size-11 text-lg' } as const
const corners = { sm: 'rounded-md', md: 'rounded-lg', lg: 'rounded-xl' } as const

/** The logo that the server has for the app, on white as logos expect; its initial where there is none. */
export function AppLogo({ app, name = app, size = 'md' }: { app: string; name?: string; size?: keyof typeof sizes }) {
  const [missing, setMissing] = useState(false)
  const frame = cn(
    'inline-flex shrink-0 items-center justify-center overflow-hidden border border-line',
    sizes[size],
    corners[size],
  )
  if (missing)
    return (
      <span aria-hidden className={cn(frame, 'bg-accent-wash font-semibold text-accent')}>
        {initialOf(name)}
      </span>
    )
  return (
    <span className={cn(frame, 'bg-white')}>
      <img
        src={`${serverUrl}/connect/assets/logos/${encodeURIComponent(app)}.svg`}
        alt=""
        className="size-[68%] object-contain"
        onError={() => setMissing(true)}
      />
    </span>
  )
}

/** People have initials: their pictures are elsewhere, and this page asks nobody else. */
export function Initial({ text, size = 'md' }: { text: string; size?: keyof typeof sizes }) {
  return (
    <span
      aria-hidden
      className={cn(
        'inline-flex shrink-0 items-center justify-center rounded-full border border-line bg-sunken font-semibold text-soft',
        sizes[size],
      )}
    >
      {initialOf(text)}
    </span>
  )
}
