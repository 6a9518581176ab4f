import { Switch as Base } from '@base-ui/react/switch'

export function Switch({
  label,
  checked,
  onChange,
  disabled,
}: {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
}) {
  return (
    <Base.Root
      aria-label={label}
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      className="inline-flex h-5 w-9 shrink-0 items-center rounded-full border border-field bg-field/40 p-0.5 transition-colors data-checked:border-accent-solid data-checked:bg-accent-solid data-disabled:opacity-50"
    >
      <Base.Thumb className="size-3.5 rounded-full bg-white shadow-card transition-transform data-checked:translate-x-4" />
    </Base.Root>
  )
}
