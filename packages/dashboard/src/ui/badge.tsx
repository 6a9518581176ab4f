import type { ReactNode } from 'react'
import { cn } from '../lib/cn.ts'

const tones = {
  neutral: 'bg-sunken text-soft border-line',
  accent: 'bg-accent-wash text-accent border-transparent',
  good: 'bg-good-wash text-good border-transparent',
  warn: 'bg-warn-wash text-warn border-transparent',
  bad: 'bg-bad-wash text-bad border-transparent',
} as const

const dots = {
  neutral: 'bg-faint',
  accent: 'bg-accent',
  good: 'bg-good-dot',
  warn: 'bg-warn-dot',
  bad: 'bg-bad-dot',
} as const

export type Tone = keyof typeof tones

export function Badge({
  tone = 'neutral',
  dot = false,
  children,
}: {
  tone?: Tone
  dot?: boolean
  children: ReactNode
}) {
  return (
    <span
      className={cn(
        'inline-flex items-center gap-1.5 rounded-full border px-2 py-px text-xs font-medium whitespace-nowrap',
        tones[tone],
      )}
    >
      {dot && <Dot tone={tone} />}
      {children}
    </span>
  )
}

export const Dot = ({ tone }: { tone: Tone }) => (
  <span aria-hidden className={cn('size-1.5 shrink-0 rounded-full', dots[tone])} />
)
