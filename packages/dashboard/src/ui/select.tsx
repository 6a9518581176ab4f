import { Select as Base } from '@base-ui/react/select'
import { Check, ChevronsUpDown } from 'lucide-react'
import { cn } from '../lib/cn.ts'
import { inputClass } from './field.tsx'

export interface Choice<Value extends string> {
  value: Value
  label: string
}

export function Select<Value extends string>({
  label,
  value,
  choices,
  onChange,
  id,
  className,
}: {
  /** Read out; give `id` instead where a visible label is tied to it. */
  label?: string
  value: Value
  choices: readonly Choice<Value>[]
  onChange: (value: Value) => void
  id?: string
  className?: string
}) {
  return (
    <Base.Root
      items={choices as Choice<Value>[]}
      value={value}
      onValueChange={(next) => next !== null && onChange(next as Value)}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        className={cn(inputClass, 'inline-flex items-center justify-between gap-2 text-left', className)}
      >
        <Base.Value className="truncate" />
        <Base.Icon className="text-faint">
          <ChevronsUpDown aria-hidden className="size-3.5" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50 outline-none">
          <Base.Popup className="popup-motion max-h-[min(20rem,var(--available-height))] min-w-(--anchor-width) overflow-y-auto rounded-lg bg-raised p-1 shadow-pop outline-none">
            {choices.map((choice) => (
              <Base.Item
                key={choice.value}
                value={choice.value}
                className="flex cursor-default items-center justify-between gap-3 rounded-md px-2 py-1.5 text-sm outline-none data-highlighted:bg-hover"
              >
                <Base.ItemText>{choice.label}</Base.ItemText>
                <Base.ItemIndicator>
                  <Check aria-hidden className="size-4 text-accent" />
                </Base.ItemIndicator>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
