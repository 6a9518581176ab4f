import { Check } from 'lucide-react'
import { cn } from '../lib/cn.ts'

/** Where somebody is in a few steps. @param current Counts from 0. */
export function Steps({ names, current }: { names: readonly string[]; current: number }) {
  return (
    <ol className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
      {names.map((name, index) => (
        <li key={name} aria-current={index === current ? 'step' : undefined} className="flex items-center gap-2">
          {index > 0 && <span aria-hidden className="h-px w-6 bg-line-strong" />}
          <span
            className={cn(
              'flex size-5 items-center justify-center rounded-full text-2xs font-semibold',
              index < current && 'bg-good-wash text-good',
              index === current && 'bg-accent-solid text-white',
              index > current && 'border border-line-strong text-faint',
            )}
          >
            {index < current ? <Check aria-hidden className="size-3" strokeWidth={3} /> : index + 1}
          </span>
          <span className={index === current ? 'font-medium' : 'text-soft'}>{name}</span>
        </li>
      ))}
    </ol>
  )
}
