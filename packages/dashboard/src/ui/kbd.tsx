import type { ReactNode } from 'react'

export const Kbd = ({ children }: { children: ReactNode }) => (
  <kbd className="rounded border border-line-strong bg-sunken px-1.5 font-sans text-2xs font-medium text-soft">
    {children}
  </kbd>
)
