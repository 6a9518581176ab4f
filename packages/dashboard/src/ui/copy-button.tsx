import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { copyText } from '../lib/clipboard.ts'
import { Button, type ButtonLook } from './button.tsx'

/** @param label What is copied: "Copy request id". Shown when `text` is set, else read out. */
export function CopyButton({
  value,
  label,
  text = false,
  variant = 'ghost',
  size,
}: { value: string; label: string; text?: boolean } & ButtonLook) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <Button
      variant={variant}
      size={size ?? (text ? 'sm' : 'iconSm')}
      aria-label={text ? undefined : label}
      title={text ? undefined : label}
      onClick={async () => setCopied(await copyText(value))}
    >
      {copied ? <Check aria-hidden className="text-good" /> : <Copy aria-hidden />}
      {text && label}
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </Button>
  )
}

/** A value in full with its copy button: ids, addresses. */
export function CopyValue({ value, label }: { value: string; label: string }) {
  return (
    <span className="inline-flex min-w-0 max-w-full items-center gap-1">
      <code className="min-w-0 truncate font-mono text-xs" title={value}>
        {value}
      </code>
      <CopyButton value={value} label={label} />
    </span>
  )
}
