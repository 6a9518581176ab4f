import type { Messages } from './languages/types.ts'

/**
 * The same texts, into which names may be put whatever script they are written in: a name from the other direction, or
 * any name on a page that is read from right to left, is isolated from the sentence around it (Unicode UAX #9, FSI and
 * PDI, which unlike `<bdi>` also work in titles and labels). A name cannot turn the rest of the sentence round.
 */
export function isolating(messages: Messages): Messages {
  return isolated(messages, messages.dir) as Messages
}

function isolated(value: unknown, dir: Messages['dir']): unknown {
  if (typeof value === 'function')
    return (...given: unknown[]) => isolated(value(...given.map((name) => nameIn(name, dir))), 'ltr')
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, isolated(entry, dir)]))
}

function nameIn(given: unknown, dir: Messages['dir']): unknown {
  if (typeof given === 'string') return isolatedName(given, dir)
  if (typeof given !== 'object' || given === null) return given
  return Object.fromEntries(Object.entries(given).map(([key, entry]) => [key, nameIn(entry, dir)]))
}

const [firstStrong, popIsolate] = ['\u2068', '\u2069']

export function isolatedName(name: string, dir: Messages['dir']): string {
  const text = withoutControls(name)
  return dir === 'rtl' ||
    /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(text)
    ? `${firstStrong}${text}${popIsolate}`
    : text
}

/** Overrides go; isolates stay only where each is closed in the name itself, so that none closes ours. */
function withoutControls(name: string): string {
  const text = name.replace(/[\u202a-\u202e\u200e\u200f\u061c]/g, '')
  let open = 0
  for (const sign of text) {
    if (sign >= '\u2066' && sign <= firstStrong) open += 1
    else if (sign === popIsolate) open -= 1
    if (open < 0) break
  }
  return open === 0 ? text : text.replace(/[\u2066-\u2069]/g, '')
}
