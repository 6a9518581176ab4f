import { exactTime, relativeTime } from '../lib/format.ts'

/** A moment, as people say it; the exact one on hovering. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={exactTime(at)} className="whitespace-nowrap">
      {relativeTime(at)}
    </time>
  )
}
