import { type ReactNode, useEffect } from 'react'

/** The frame of a screen: its heading, what it is for, what can be done, and the call behind it. */
export function Page({
  title,
  heading,
  description,
  actions,
  children,
}: {
  title: string
  /** Instead of the title, where more than text is needed. */
  heading?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  useEffect(() => {
    document.title = `${title} · Holdfast`
  }, [title])
  return (
    <div className="mx-auto flex w-full max-w-[1240px] flex-col gap-5 px-4 py-5 sm:px-6 lg:px-8 lg:py-7">
      <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          {heading ?? <h1 className="text-xl font-semibold tracking-tight">{title}</h1>}
          {description && <div className="mt-0.5 max-w-[70ch] text-sm text-soft">{description}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}
