import { Button as BaseButton } from '@base-ui/react/button'
import type { ComponentProps } from 'react'
import { cn } from '../lib/cn.ts'

const variants = {
  primary: 'bg-accent-solid text-white hover:bg-accent-solid-hover shadow-card',
  secondary: 'bg-surface text-ink border border-line-strong hover:bg-hover shadow-card',
  ghost: 'text-soft hover:bg-hover hover:text-ink',
  danger: 'bg-bad-solid text-white hover:bg-bad-solid-hover shadow-card',
  dangerGhost: 'text-bad hover:bg-bad-wash',
} as const

const sizes = {
  sm: 'h-7 px-2.5 text-xs gap-1.5 rounded-md',
  md: 'h-8 px-3 text-sm gap-1.5 rounded-md',
  lg: 'h-10 px-4 text-base gap-2 rounded-lg',
  icon: 'size-8 rounded-md',
  iconSm: 'size-7 rounded-md',
} as const

export interface ButtonLook {
  variant?: keyof typeof variants
  size?: keyof typeof sizes
}

export const buttonClass = ({ variant = 'secondary', size = 'md' }: ButtonLook = {}): string =>
  cn(
    'inline-flex items-center justify-center whitespace-nowrap font-medium select-none transition-colors shrink-0',
    'disabled:opacity-55 data-disabled:opacity-55 disabled:cursor-not-allowed data-disabled:cursor-not-allowed',
    '[&_svg]:size-4 [&_svg]:shrink-0',
    variants[variant],
    sizes[size],
  )

/** `busy`: the click is being worked on. The button keeps its place and the focus, and takes no second click. */
export function Button({
  variant,
  size,
  busy = false,
  className,
  disabled,
  children,
  ...props
}: Omit<ComponentProps<typeof BaseButton>, 'className'> & ButtonLook & { busy?: boolean; className?: string }) {
  return (
    <BaseButton
      {...props}
      disabled={disabled || busy}
      focusableWhenDisabled={busy}
      aria-busy={busy || undefined}
      className={cn(buttonClass({ variant, size }), className)}
    >
      {busy && (
        <span aria-hidden className="size-3.5 animate-spin rounded-full border-2 border-current border-r-transparent" />
      )}
      {children}
    </BaseButton>
  )
}
