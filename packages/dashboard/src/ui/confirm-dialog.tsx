import { AlertDialog } from '@base-ui/react/alert-dialog'
import { type ReactNode, useId, useState } from 'react'
import { Button } from './button.tsx'
import { inputClass } from './field.tsx'
import { ErrorPanel } from './states.tsx'

/** Asks before something is lost. @param typed Text that must be typed first, where much is lost at once. */
export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  children,
  action,
  typed,
  onConfirm,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  children: ReactNode
  action: string
  typed?: string
  onConfirm: () => Promise<unknown>
}) {
  const [text, setText] = useState('')
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false })
  const field = useId()
  const close = (next: boolean) => {
    if (state.busy) return
    setText('')
    setState({ busy: false })
    onOpenChange(next)
  }
  const confirm = async () => {
    setState({ busy: true })
    try {
      await onConfirm()
      setText('')
      setState({ busy: false })
      onOpenChange(false)
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <AlertDialog.Root open={open} onOpenChange={close}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fade-motion fixed inset-0 z-40 bg-scrim" />
        <AlertDialog.Viewport className="fixed inset-0 z-50 flex items-end justify-center overflow-y-auto p-2 sm:items-start sm:p-6 sm:pt-[15vh]">
          <AlertDialog.Popup className="popup-motion w-full max-w-md rounded-xl bg-raised p-5 shadow-pop outline-none">
            <AlertDialog.Title className="text-lg font-semibold">{title}</AlertDialog.Title>
            <AlertDialog.Description render={<div />} className="mt-1.5 text-sm text-soft">
              {children}
            </AlertDialog.Description>
            {typed !== undefined && (
              <div className="mt-4">
                <label htmlFor={field} className="text-sm">
                  Type <strong className="font-semibold select-all">{typed}</strong> to go on
                </label>
                <input
                  id={field}
                  value={text}
                  autoComplete="off"
                  onChange={(event) => setText(event.target.value)}
                  className={`${inputClass} mt-1.5`}
                />
              </div>
            )}
            {state.error !== undefined && (
              <div className="-mx-4 mt-2">
                <ErrorPanel error={state.error} />
              </div>
            )}
            <div className="mt-5 flex flex-wrap justify-end gap-2">
              <AlertDialog.Close render={<Button />}>Cancel</AlertDialog.Close>
              <Button
                variant="danger"
                busy={state.busy}
                disabled={typed !== undefined && text.trim() !== typed}
                onClick={confirm}
              >
                {action}
              </Button>
            </div>
          </AlertDialog.Popup>
        </AlertDialog.Viewport>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
