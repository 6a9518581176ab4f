import { cn } from '../lib/cn.ts'
import type { Tone } from './badge.tsx'

const fills: Record<Tone, string> = {
  good: 'bg-good-dot',
  bad: 'bg-bad-dot',
  warn: 'bg-warn-dot',
  accent: 'bg-accent',
  neutral: 'bg-line-strong',
}

/** How a whole divides. The figures beside it say the same, so it is not read out. */
export function ShareBar({ parts }: { parts: readonly { name: string; value: number; tone: Tone }[] }) {
  const total = parts.reduce((sum, { value }) => sum + value, 0)
  return (
    <div aria-hidden className="flex h-2 gap-0.5 overflow-hidden rounded-full bg-sunken">
      {total > 0 &&
        parts
          .filter(({ value }) => value > 0)
          .map(({ name, value, tone }) => (
            <div key={name} className={cn('min-w-1.5', fills[tone])} style={{ flexGrow: value }} />
          ))}
    </div>
  )
}
