import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId, useState } from 'react'
import { cn } from '../lib/cn.ts'
import { Button } from './button.tsx'

export const inputClass = cn(
  'block w-full min-w-0 rounded-md border border-field/70 bg-surface px-2.5 h-8 text-sm text-ink shadow-card',
  'hover:border-field focus-visible:outline-2 focus-visible:outline-offset-0 aria-invalid:border-bad',
  'disabled:bg-sunken disabled:text-soft',
)

interface FieldFrame {
  label: string
  help?: ReactNode
  error?: string | undefined
  optional?: boolean
}

interface Described {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

/** Label, help and error around any control, tied to it. */
export function Field({
  label,
  help,
  error,
  optional,
  children,
}: FieldFrame & { children: (props: Described) => ReactNode }) {
  const id = useId()
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 flex items-baseline gap-2 text-sm font-medium">
        {label}
        {optional && <span className="text-xs font-normal text-faint">optional</span>}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
      {error && (
        <p id={`${id}-error`} className="mt-1 text-xs text-bad">
          {sentence(error)}
        </p>
      )}
      {help && (
        <div id={`${id}-help`} className="mt-1 text-xs text-faint">
          {help}
        </div>
      )}
    </div>
  )
}

/** The server names a field's problem so that it reads on behind the field's name. */
const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

export function TextField({ label, help, error, optional, className, ...props }: FieldFrame & ComponentProps<'input'>) {
  return (
    <Field label={label} help={help} error={error} optional={optional}>
      {(described) => <input {...described} {...props} className={cn(inputClass, className)} />}
    </Field>
  )
}

export function TextArea({
  label,
  help,
  error,
  optional,
  className,
  ...props
}: FieldFrame & ComponentProps<'textarea'>) {
  return (
    <Field label={label} help={help} error={error} optional={optional}>
      {(described) => <textarea {...described} {...props} className={cn(inputClass, 'h-auto py-1.5', className)} />}
    </Field>
  )
}

/** A value that is hidden until the person who types it wants to see it. */
export function SecretField({ label, help, error, optional, ...props }: FieldFrame & ComponentProps<'input'>) {
  const [shown, setShown] = useState(false)
  return (
    <Field label={label} help={help} error={error} optional={optional}>
      {(described) => (
        <span className="relative block">
          <input
            {...described}
            spellCheck={false}
            autoComplete="off"
            {...props}
            type={shown ? 'text' : 'password'}
            className={cn(inputClass, 'pr-9')}
          />
          <span className="absolute inset-y-0 right-0.5 flex items-center">
            <Button
              variant="ghost"
              size="iconSm"
              aria-label={shown ? `Hide ${label}` : `Show ${label}`}
              onClick={() => setShown(!shown)}
            >
              {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
            </Button>
          </span>
        </span>
      )}
    </Field>
  )
}
