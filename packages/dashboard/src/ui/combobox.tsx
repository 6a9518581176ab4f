import { Combobox as Base } from '@base-ui/react/combobox'
import { Check, ChevronsUpDown } from 'lucide-react'
import { useMemo, useState } from 'react'
import { cn } from '../lib/cn.ts'
import { inputClass } from './field.tsx'
import type { Choice } from './select.tsx'

/** So many are drawn at once; more typing narrows them down. */
const drawn = 60

/** Those that hold the text, first those that begin with it. */
function findChoices(choices: readonly Choice<string>[], text: string): Choice<string>[] {
  const wanted = text.trim().toLowerCase()
  const holding = choices.filter(({ label }) => label.toLowerCase().includes(wanted))
  const begins = ({ label }: Choice<string>) => label.toLowerCase().startsWith(wanted)
  return [...holding.filter(begins), ...holding.filter((choice) => !begins(choice))].slice(0, drawn)
}

/** One of many choices, found by typing a part of it. */
export function Combobox({
  value,
  choices,
  onChange,
  id,
  placeholder,
}: {
  value: string
  choices: readonly Choice<string>[]
  onChange: (value: string) => void
  id: string
  placeholder?: string
}) {
  const [typed, setTyped] = useState('')
  const found = useMemo(() => findChoices(choices, typed), [choices, typed])
  const chosen = choices.find((choice) => choice.value === value) ?? null
  return (
    <Base.Root
      items={choices as Choice<string>[]}
      filteredItems={found}
      onInputValueChange={(text, { reason }) => setTyped(reason === 'input-change' ? text : '')}
      value={chosen}
      onValueChange={(next) => next !== null && onChange(next.value)}
      // Choices that arrive while somebody types are other objects; what was typed stays.
      isItemEqualToValue={(one, other) => one.value === other.value}
      autoHighlight
    >
      <div className="relative">
        <Base.Input
          id={id}
          placeholder={placeholder}
          // Whoever types and presses Enter means a choice, not the form with another one.
          onKeyDown={(event) => event.key === 'Enter' && typed !== '' && event.preventDefault()}
          className={cn(inputClass, 'pr-9')}
        />
        <Base.Trigger
          aria-label="Show the choices"
          className="absolute inset-y-0 right-0 flex w-8 items-center justify-center text-faint"
        >
          <ChevronsUpDown aria-hidden className="size-3.5" />
        </Base.Trigger>
      </div>
      <Base.Portal>
        <Base.Positioner sideOffset={4} className="z-50 outline-none">
          <Base.Popup className="popup-motion max-h-[min(20rem,var(--available-height))] w-(--anchor-width) overflow-y-auto rounded-lg bg-raised p-1 shadow-pop outline-none">
            <Base.Empty className="px-2 py-1.5 text-sm text-soft empty:hidden">None is called that.</Base.Empty>
            <Base.List>
              {(choice: Choice<string>) => (
                <Base.Item
                  key={choice.value}
                  value={choice}
                  className="flex cursor-default items-center justify-between gap-3 rounded-md px-2 py-1.5 text-sm outline-none data-highlighted:bg-hover"
                >
                  <span className="truncate">{choice.label}</span>
                  <Base.ItemIndicator>
                    <Check aria-hidden className="size-4 text-accent" />
                  </Base.ItemIndicator>
                </Base.Item>
              )}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
