import { isHoldfastError } from '@holdfast/sdk'
import { TriangleAlert } from 'lucide-react'
import type { ComponentType, ReactNode } from 'react'
import { cn } from '../lib/cn.ts'
import { Button } from './button.tsx'
import { CodeBlock } from './code-block.tsx'
import { CopyButton } from './copy-button.tsx'

export const Skeleton = ({ className }: { className?: string }) => (
  <span aria-hidden className={cn('block animate-pulse rounded-md bg-line', className)} />
)

/** Lines that stand for what is being loaded. */
export function Loading({ label, rows = 5 }: { label: string; rows?: number }) {
  return (
    <div role="status" aria-label={`Loading ${label}`} className="flex flex-col gap-4 p-5">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <span key={row} className="flex items-center gap-3">
          <Skeleton className="size-8 rounded-lg" />
          <span className="flex flex-1 flex-col gap-2">
            <Skeleton className="h-3 w-2/5" />
            <Skeleton className="h-2.5 w-1/4" />
          </span>
          <Skeleton className="h-4 w-16 rounded-full" />
        </span>
      ))}
    </div>
  )
}

/** Nothing is here yet: what it is for, the button that fills it, and the command that does the same. */
export function Empty({
  icon: Icon,
  title,
  children,
  actions,
  command,
  level = 2,
}: {
  icon: ComponentType<{ className?: string }>
  title: string
  children?: ReactNode
  actions?: ReactNode
  command?: string
  /** The level of the title: 1 where it is the screen's own. */
  level?: 1 | 2
}) {
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <div className="flex flex-col items-center gap-3 px-4 py-12 text-center">
      <span className="flex size-11 items-center justify-center rounded-full border border-line bg-sunken text-faint">
        <Icon aria-hidden className="size-5" />
      </span>
      <div>
        <Heading className="font-semibold">{title}</Heading>
        {children && <div className="mx-auto mt-1 max-w-[52ch] text-sm text-soft">{children}</div>}
      </div>
      {actions && <div className="flex flex-wrap justify-center gap-2">{actions}</div>}
      {command && (
        <div className="mt-2 w-full max-w-xl text-left">
          <p className="mb-1.5 text-xs text-faint">Or from a terminal:</p>
          <CodeBlock text={command} label="Command" />
        </div>
      )}
    </div>
  )
}

/** What the server says of a whole form, at its end; nothing while its fields say it all. */
export const FormError = ({ error }: { error: unknown }) =>
  error === undefined ? null : (
    <div className="-mx-4">
      <ErrorPanel error={error} />
    </div>
  )

/** What went wrong, what to do, and the id to find it by in the server's log. */
export function ErrorPanel({ error, retry }: { error: unknown; retry?: () => void }) {
  const { detail, fix, requestId, code } = describeError(error)
  return (
    <div role="alert" className="m-4 flex gap-3 rounded-lg border border-bad/30 bg-bad-wash p-4 text-sm">
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-ink">{detail}</p>
        {fix && <p className="mt-0.5 text-soft">{fix}</p>}
        <div className="mt-2 flex flex-wrap items-center gap-2">
          {retry && (
            <Button size="sm" onClick={retry}>
              Try again
            </Button>
          )}
          {requestId && (
            <CopyButton
              text
              value={`${code} ${requestId}`}
              label={`Copy request id ${requestId.slice(0, 8)}…`}
              size="sm"
            />
          )}
        </div>
      </div>
    </div>
  )
}

export function describeError(error: unknown): { detail: string; fix?: string; requestId?: string; code: string } {
  if (isHoldfastError(error)) {
    const { detail, fix, requestId, code } = error
    return { detail, fix, requestId, code }
  }
  return { detail: error instanceof Error ? error.message : 'Something went wrong.', code: 'page_error' }
}
