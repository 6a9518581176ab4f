import type { ReactNode } from 'react'
import { useEffect } from 'react'
import { Card } from '../../ui/card.tsx'
import { Mark } from '../../ui/mark.tsx'

/** The frame of the screens before somebody is in. */
export function Door({ title, description, children }: { title: string; description: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Holdfast`
  }, [title])
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex flex-col items-center text-center">
          <Mark className="mb-4 size-11" />
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          <div className="mt-1 text-sm text-soft">{description}</div>
        </div>
        <Card className="p-5 sm:p-6">{children}</Card>
      </div>
    </main>
  )
}
