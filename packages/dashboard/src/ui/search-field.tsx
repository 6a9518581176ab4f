import { Search } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import { cn } from '../lib/cn.ts'
import { inputClass } from './field.tsx'

const restMs = 250

/** Tells what is typed once the typing rests. */
export function SearchField({
  label,
  value,
  onChange,
  className,
}: {
  label: string
  value: string
  onChange: (value: string) => void
  className?: string
}) {
  const [text, setText] = useState(value)
  const [sent, setSent] = useState(value)
  // The address may change by itself: back, a link, "clear".
  if (value !== sent) {
    setSent(value)
    setText(value)
  }
  const tell = useEffectEvent(() => {
    if (text.trim() === value) return
    setSent(text.trim())
    onChange(text.trim())
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: each key pressed begins the rest anew
  useEffect(() => {
    const timer = setTimeout(tell, restMs)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <span className={cn('relative block', className)}>
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        data-shortcut="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        className={cn(inputClass, 'pl-8')}
      />
    </span>
  )
}
