import { type Finding, note, ok, problem, warning } from './report.ts'

/** Another clock, and how far it is ahead of ours; a negative number is behind. */
export interface OtherClock {
  /** As in "the clock of …". */
  whose: string
  aheadMs: number
  /** How far off the comparison itself may be. */
  uncertaintyMs: number
}

/** Seconds matter little to tokens and signatures; half a minute does. */
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
    'Let the machines take their time from the same place (NTP, chrony). Holdfast goes by the clock of the database, with SQLite by that of this machine: where it is wrong, apps refuse what is signed with the time, and receivers refuse webhooks.',
    details,
  )
}

function inWords({ aheadMs, uncertaintyMs }: OtherClock): string {
  if (Math.abs(aheadMs) <= Math.max(uncertaintyMs, 1_000)) return 'the same'
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  return `${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`
}
