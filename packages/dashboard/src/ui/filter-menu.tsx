import { Popover } from '@base-ui/react/popover'
import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import { cn } from '../lib/cn.ts'
import { buttonClass } from './button.tsx'
import { Checkbox } from './checkbox.tsx'
import { inputClass } from './field.tsx'

/** Narrows a list to some of many values. */
export function FilterMenu({
  label,
  choices,
  chosen,
  onChange,
}: {
  label: string
  choices: readonly { value: string; label: string }[]
  chosen: readonly string[]
  onChange: (chosen: string[]) => void
}) {
  const [search, setSearch] = useState('')
  const shown = choices.filter((choice) => choice.label.toLowerCase().includes(search.trim().toLowerCase()))
  const names = chosen.map((value) => choices.find((choice) => choice.value === value)?.label ?? value)
  return (
    <Popover.Root onOpenChange={() => setSearch('')}>
      <Popover.Trigger
        className={cn(buttonClass(), chosen.length === 0 ? 'border-dashed text-soft' : 'border-accent/50')}
      >
        {label}
        {names.length > 0 && (
          <span className="max-w-40 truncate border-l border-line-strong pl-2 text-accent">
            {names.length > 2 ? `${names.length} chosen` : names.join(', ')}
          </span>
        )}
        <ChevronDown aria-hidden className="text-faint" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="start" className="z-50">
          <Popover.Popup
            aria-label={label}
            className="popup-motion flex max-h-80 w-64 flex-col rounded-lg bg-raised shadow-pop outline-none"
          >
            {choices.length > 8 && (
              <div className="border-b border-line p-2">
                <input
                  aria-label={`Find in ${label}`}
                  placeholder="Find…"
                  value={search}
                  onChange={(event) => setSearch(event.target.value)}
                  className={inputClass}
                />
              </div>
            )}
            <fieldset className="flex min-h-0 flex-col overflow-y-auto p-1.5">
              <legend className="sr-only">{label}</legend>
              {shown.map((choice) => (
                <span key={choice.value} className="rounded-md px-1.5 py-1.5 hover:bg-hover [&>label]:w-full">
                  <Checkbox
                    label={choice.label}
                    checked={chosen.includes(choice.value)}
                    onChange={(on) =>
                      onChange(on ? [...chosen, choice.value] : chosen.filter((value) => value !== choice.value))
                    }
                  />
                </span>
              ))}
              {shown.length === 0 && <p className="p-2 text-sm text-soft">None.</p>}
            </fieldset>
            {chosen.length > 0 && (
              <div className="border-t border-line p-1.5">
                <button
                  type="button"
                  onClick={() => onChange([])}
                  className="w-full rounded-md px-2 py-1.5 text-left text-sm text-soft hover:bg-hover"
                >
                  Clear
                </button>
              </div>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
