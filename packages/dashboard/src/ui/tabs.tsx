import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'

export function Tabs<Name extends string>({
  label,
  value,
  onChange,
  tabs,
  children,
}: {
  label: string
  value: Name
  onChange: (value: Name) => void
  tabs: readonly { name: Name; label: ReactNode }[]
  /** The panel of the chosen tab. */
  children: ReactNode
}) {
  return (
    <Base.Root value={value} onValueChange={(next) => onChange(next as Name)}>
      <Base.List aria-label={label} className="relative flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.name}
            value={tab.name}
            className="-mb-px border-b-2 border-transparent px-2.5 py-2 text-sm font-medium whitespace-nowrap text-soft outline-offset-[-2px] hover:text-ink data-active:border-accent data-active:text-ink"
          >
            {tab.label}
          </Base.Tab>
        ))}
      </Base.List>
      <Base.Panel value={value} className="pt-4 outline-offset-2">
        {children}
      </Base.Panel>
    </Base.Root>
  )
}
