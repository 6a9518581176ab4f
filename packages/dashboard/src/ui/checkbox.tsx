import { Checkbox as Base } from '@base-ui/react/checkbox'
import { Check, Minus } from 'lucide-react'
import { cn } from '../lib/cn.ts'

export function Checkbox({
  label,
  checked,
  mixed = false,
  onChange,
  hideLabel = false,
  description,
  disabled,
}: {
  label: string
  checked: boolean
  mixed?: boolean
  onChange: (checked: boolean) => void
  hideLabel?: boolean
  description?: string
  disabled?: boolean
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the primitive brings its own input
    <label className={cn('flex gap-2.5 text-sm', description ? 'items-start' : 'items-center')}>
      <Base.Root
        checked={checked}
        indeterminate={mixed}
        onCheckedChange={onChange}
        disabled={disabled}
        aria-label={hideLabel ? label : undefined}
        className="my-0.5 flex size-4 shrink-0 items-center justify-center rounded-[5px] border border-field bg-surface text-white data-checked:border-accent-solid data-checked:bg-accent-solid data-indeterminate:border-accent-solid data-indeterminate:bg-accent-solid data-disabled:opacity-50"
      >
        <Base.Indicator>
          {mixed ? (
            <Minus aria-hidden className="size-3" strokeWidth={3} />
          ) : (
            <Check aria-hidden className="size-3" strokeWidth={3} />
          )}
        </Base.Indicator>
      </Base.Root>
      {!hideLabel && (
        <span className="min-w-0">
          {label}
          {description && <span className="block text-xs text-faint">{description}</span>}
        </span>
      )}
    </label>
  )
}
