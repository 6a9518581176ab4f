import type { ReactNode } from 'react'
import { cn } from '../lib/cn.ts'

const tones = {
  neutral: 'border-line bg-sunken',
  accent: 'border-accent/25 bg-accent-wash',
  good: 'border-good/25 bg-good-wash',
  warn: 'border-warn/30 bg-warn-wash',
  bad: 'border-bad/30 bg-bad-wash',
} as const

export function Notice({
  tone = 'neutral',
  title,
  children,
}: {
  tone?: keyof typeof tones
  title?: string
  children: ReactNode
}) {
  return (
    <div className={cn('rounded-lg border px-4 py-3 text-sm', tones[tone])}>
      {title && <p className="font-medium">{title}</p>}
      <div className={title ? 'mt-0.5 text-soft' : 'text-soft'}>{children}</div>
    </div>
  )
}
