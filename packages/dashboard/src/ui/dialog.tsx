import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '../lib/cn.ts'
import { buttonClass } from './button.tsx'

const widths = { sm: 'max-w-md', md: 'max-w-xl', lg: 'max-w-3xl' } as const

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  width = 'md',
  children,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description?: ReactNode
  width?: keyof typeof widths
  children: ReactNode
}) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fade-motion fixed inset-0 z-40 bg-scrim" />
        <Base.Viewport className="fixed inset-0 z-50 flex items-end justify-center overflow-y-auto p-2 sm:items-start sm:p-6 sm:pt-[10vh]">
          <Base.Popup
            className={cn(
              'popup-motion relative flex max-h-[calc(100dvh-1rem)] w-full flex-col rounded-xl bg-raised shadow-pop outline-none sm:max-h-[80vh]',
              widths[width],
            )}
          >
            <header className="flex items-start justify-between gap-4 px-5 pt-4 pb-3">
              <div className="min-w-0">
                <Base.Title className="text-lg font-semibold">{title}</Base.Title>
                {description && <Base.Description className="text-sm text-soft">{description}</Base.Description>}
              </div>
              <Base.Close aria-label="Close" className={cn(buttonClass({ variant: 'ghost', size: 'icon' }), '-mr-2')}>
                <X aria-hidden />
              </Base.Close>
            </header>
            <div className="min-h-0 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  )
}

export const DialogActions = ({ children }: { children: ReactNode }) => (
  <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>
)
