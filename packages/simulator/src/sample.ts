import { createHash } from 'node:crypto'

/** Values tried before anything is made up: what such a field usually holds. */
const usual = ['acme', 'acme-inc', 'acme.example.com', 'com', 'us', 'us1', 'eu', '10001234', '1', 'true']

/**
 * A plausible value that a pattern accepts; the same for the same seed.
 * @returns Undefined when none was found: the pattern uses something that can't be guessed.
 */
export function sampleValue(pattern: string | undefined, seed: string): string | undefined {
  if (pattern === undefined) return `sim-${createHash('sha256').update(seed).digest('hex').slice(0, 12)}`
  const expression = new RegExp(pattern, 'u')
  const known = usual.find((value) => expression.test(value))
  if (known !== undefined) return known
  for (let attempt = 0; attempt < 60; attempt++) {
    const value = generate(pattern, randomFrom(`${seed}:${attempt}`))
    if (value !== undefined && expression.test(value)) return value
  }
  return undefined
}

/** Numbers from 0 up to, not including, `below`. */
type Random = (below: number) => number

function randomFrom(seed: string): Random {
  let block = Buffer.alloc(0)
  let count = 0
  return (below) => {
    if (block.length < 4) block = createHash('sha256').update(`${seed}:${count++}`).digest()
    const value = block.readUInt32BE(0)
    block = block.subarray(4)
    return value % below
  }
}

/** A parsed part of a pattern: each call makes one text for it. */
type Writer = () => string

/**
 * Walks a regular expression and writes down one text it could match. It knows literals, escapes, classes, groups,
 * alternatives and quantifiers; look-arounds and back references are passed over, so the caller tests the result.
 */
function generate(pattern: string, random: Random): string | undefined {
  let at = 0

  const alternatives = (): Writer => {
    const options = [sequence()]
    while (pattern[at] === '|') {
      at++
      options.push(sequence())
    }
    return () => (options[random(options.length)] as Writer)()
  }

  const sequence = (): Writer => {
    const parts: Writer[] = []
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') parts.push(repeated(atom()))
    return () => parts.map((part) => part()).join('')
  }

  const atom = (): Writer => {
    const sign = pattern[at++] as string
    if (sign === '^' || sign === '$') return () => ''
    if (sign === '.') return () => oneOf('abcdefghij', random)
    if (sign === '[') return characterClass()
    if (sign === '(') return group()
    if (sign !== '\\') return () => sign
    const escaped = pattern[at++] ?? ''
    if (escaped === 'b' || escaped === 'B') return () => ''
    const set = sets[escaped]
    return set === undefined ? () => escaped : () => oneOf(set, random)
  }

  const group = (): Writer => {
    const kind = /^\?(?:<?[=!]|:|<[A-Za-z]\w*>)/.exec(pattern.slice(at))?.[0] ?? ''
    at += kind.length
    const inner = alternatives()
    at++
    return /[=!]$/.test(kind) ? () => '' : inner
  }

  const characterClass = (): Writer => {
    const negated = pattern[at] === '^'
    if (negated) at++
    let characters = ''
    while (at < pattern.length && pattern[at] !== ']') {
      let first = pattern[at++] as string
      if (first === '\\') {
        const escaped = pattern[at++] ?? ''
        const set = sets[escaped]
        if (set !== undefined) {
          characters += set
          continue
        }
        first = escaped
      }
      if (pattern[at] === '-' && pattern[at + 1] !== ']') {
        const last = pattern[at + 1] === '\\' ? (pattern[at + 2] ?? '') : (pattern[at + 1] ?? '')
        at += pattern[at + 1] === '\\' ? 3 : 2
        for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) characters += String.fromCharCode(code)
      } else characters += first
    }
    at++
    const allowed = negated ? [...sets.w].filter((character) => !characters.includes(character)).join('') : characters
    const pleasant = allowed.replace(/[^a-z0-9]/g, '')
    return () => oneOf(pleasant || allowed || 'a', random)
  }

  const repeated = (part: Writer): Writer => {
    const found = /^(?:[?*+]|\{(\d+)(,(\d*))?\})\??/.exec(pattern.slice(at))
    if (!found) return part
    at += found[0].length
    const sign = found[0][0]
    const least = sign === '{' ? Number(found[1]) : sign === '+' ? 1 : 0
    const most = sign === '?' ? 1 : sign === '{' ? (found[2] ? Number(found[3] || least + 8) : least) : least + 8
    return () => {
      const length = least + random(Math.min(most - least, 8) + 1)
      return Array.from({ length }, part).join('')
    }
  }

  const write = alternatives()
  return at === pattern.length ? write() : undefined
}

const digits = '0123456789'
const letters = 'abcdefghijklmnopqrstuvwxyz'
const sets: Record<string, string> & { w: string } = {
  d: digits,
  w: letters + digits,
  s: ' ',
  D: letters,
  S: letters,
  W: '-',
}

const oneOf = (characters: string, random: Random): string => [...characters][random([...characters].length)] ?? ''
