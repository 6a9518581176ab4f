import { Toast } from '@base-ui/react/toast'
import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { cn } from '../lib/cn.ts'
import { buttonClass } from './button.tsx'
import { describeError } from './states.tsx'

const manager = Toast.createToastManager()

export const toast = {
  done: (title: string, description?: string) => manager.add({ title, description, type: 'done', timeout: 4000 }),
  /** Stays until it is read: it says what did not happen. */
  failed(error: unknown) {
    const { detail, fix, requestId } = describeError(error)
    const description = [fix, requestId && `Request ${requestId}`].filter(Boolean).join(' ')
    manager.add({ title: detail, description, type: 'failed', timeout: 0, priority: 'high' })
  },
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-3 bottom-3 z-60 flex w-[min(24rem,calc(100vw-1.5rem))] flex-col gap-2 outline-none">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List() {
  const { toasts } = Toast.useToastManager()
  return toasts.map((item) => (
    <Toast.Root
      key={item.id}
      toast={item}
      className="fade-motion flex items-start gap-2.5 rounded-lg bg-raised p-3 shadow-pop"
    >
      {item.type === 'failed' ? (
        <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      ) : (
        <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
      )}
      <div className="min-w-0 flex-1">
        <Toast.Title className="text-sm font-medium" />
        <Toast.Description className="text-xs text-soft" />
      </div>
      <Toast.Close
        aria-label="Dismiss"
        className={cn(buttonClass({ variant: 'ghost', size: 'iconSm' }), '-my-1 -mr-1')}
      >
        <X aria-hidden />
      </Toast.Close>
    </Toast.Root>
  ))
}
