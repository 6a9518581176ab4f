const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' })
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' })
const plain = new Intl.NumberFormat('en')

const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** `3 min ago`, `in 2 days`. */
export function relativeTime(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000
  for (const [unit, length] of units)
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit)
  return seconds > 5 ? 'in moments' : 'just now'
}

export const exactTime = (iso: string): string => exact.format(new Date(iso))
export const dayOf = (iso: string): string => day.format(new Date(iso))
export const count = (value: number): string => plain.format(value)

/** `3 accounts`, `1 account`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '—' : `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)} %`

/** `connected_account.credentials_refreshed` → `Credentials refreshed`. */
export function eventTitle(type: string): string {
  const words = type.replace(/^connected_account\./, '').replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const initialOf = (text: string): string => (text.trim().charAt(0) || '?').toUpperCase()
