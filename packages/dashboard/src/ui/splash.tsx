import { Mark } from './mark.tsx'

/** The first moment, before anything is known. */
export const Splash = () => (
  <div role="status" aria-label="Loading" className="flex min-h-dvh items-center justify-center">
    <span className="animate-pulse">
      <Mark className="size-9" />
    </span>
  </div>
)
