import type { ReactNode } from 'react'
import { cn } from '../lib/cn.ts'

export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={cn('rounded-xl border border-line bg-surface shadow-card', className)}>{children}</div>
}

/** A card with a heading, a line about it and what can be done. */
export function Section({
  title,
  description,
  actions,
  flush = false,
  children,
}: {
  title: string
  description?: ReactNode
  actions?: ReactNode
  /** The content brings its own padding: lists, tables. */
  flush?: boolean
  children: ReactNode
}) {
  return (
    <section aria-label={title} className="min-w-0">
      <Card>
        <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
          <div className="min-w-0">
            <h2 className="font-semibold">{title}</h2>
            {description && <p className="text-sm text-soft">{description}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
        <div className={cn('border-t border-line empty:hidden', !flush && 'p-4 sm:p-5')}>{children}</div>
      </Card>
    </section>
  )
}

/** Names and values, side by side where there is room. */
export function Facts({ children }: { children: ReactNode }) {
  return (
    <dl className="grid gap-y-2.5 text-sm sm:grid-cols-[minmax(7rem,10rem)_minmax(0,1fr)] sm:gap-x-4">{children}</dl>
  )
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-faint sm:py-px">{name}</dt>
      <dd className="min-w-0 -mt-2 sm:mt-0">{children}</dd>
    </>
  )
}
