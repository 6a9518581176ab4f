import { type Finding, note, ok, problem, warning } from './report.ts'

/** Another clock, and how far it is ahead of ours; a negative number is behind. */
export interface OtherClock {
  /** As in "the clock of …". */
  whose: string
  aheadMs: number
  /** How far off the comparison itself may be. */
  uncertaintyMs: number
}

/** Tokens end by the app's clock and leases by ours: seconds matter little, half a minute is as long as a lease. */
const tolerance = { warningMs: 5_000, problemMs: 30_000 }

export function checkClocks(others: readonly OtherClock[]): Finding {
  if (others.length === 0) return note('clock', 'There was no other clock to compare with.')
  const offBy = ({ aheadMs, uncertaintyMs }: OtherClock) => Math.max(0, Math.abs(aheadMs) - uncertaintyMs)
  const sorted = others.toSorted((one, other) => offBy(other) - offBy(one))
  const [worst] = sorted
  const details = sorted.map((other) => `${other.whose}: ${inWords(other)}`)
  const off = worst ? offBy(worst) : 0
  if (off < tolerance.warningMs) return ok('clock', 'The clock agrees with the others.', details)
  return (off < tolerance.problemMs ? warning : problem)(
    'clock',
    'The clock of this machine does not agree with the others.',
    'Let the machines take their time from the same place (NTP, chrony). Tokens would be served after their end, or refreshed over and over; processes would take leases from each other.',
    details,
  )
}

function inWords({ aheadMs, uncertaintyMs }: OtherClock): string {
  if (Math.abs(aheadMs) <= Math.max(uncertaintyMs, 1_000)) return 'the same'
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  return `${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`
}
