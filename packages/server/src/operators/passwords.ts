import { hash, verify } from '@node-rs/argon2'
import { invalid } from '../errors.ts'
import type { Secret } from '../secret.ts'

/** RFC 9106 §4, second recommended option, with one lane: 64 MiB and three passes for each guess. */
const cost = { memoryCost: 64 * 1024, timeCost: 3, parallelism: 1 } as const

const shortest = 12
const longest = 512

/** Passwords of these shapes head every list that guesses begin with; blanks, case and digits at the end do not matter. */
const common = [
  'password',
  'passwort',
  'qwertyuiop',
  'qwertyuiopas',
  'asdfghjkl',
  'administrator',
  'letmein',
  'iloveyou',
  'changeme',
  'welcome',
  'holdfast',
  'holdfastadmin',
  'correcthorsebatterystaple',
  '1q2w3e4r5t6y',
  '1qaz2wsx3edc',
  'abcdefghijkl',
]

/** Letters that two keyboards send as different bytes are one password (NIST SP 800-63B §3.1.1.2). */
const normalised = (password: string) => password.normalize('NFKC')

/** @throws {AppError} validation_failed naming `property`. There are no rules of composition: length is what counts. */
export function checkPassword(password: string, property: string, about: { email: string }): void {
  const text = normalised(password)
  const length = [...text].length
  if (length < shortest) throw invalid({ property, message: `needs at least ${shortest} characters` })
  if (length > longest) throw invalid({ property, message: `may have at most ${longest} characters` })
  const bare = text.toLowerCase().replace(/\s/g, '')
  const name = about.email.toLowerCase().split('@')[0] ?? ''
  const stem = bare.replace(/[\d!?.]+$/, '')
  const isGuessable =
    new Set(bare).size < 5 ||
    '01234567890123456789'.includes(bare) ||
    common.includes(stem) ||
    common.includes(bare) ||
    stem === name ||
    bare === about.email.toLowerCase()
  if (isGuessable) throw invalid({ property, message: 'is one that is guessed first; take a few random words' })
}

/** @returns What is stored: algorithm, cost, salt and hash in one text. */
export const hashPassword = (password: Secret): Promise<string> => hash(normalised(password.reveal()), cost)

/**
 * Of a password that nobody has, at the same cost. Checked where there is no account, so that its absence takes as long to
 * find out as a wrong password.
 */
const ofNobody = '$argon2id$v=19$m=65536,t=3,p=1$C9Hh5caRTPrx8l43e+Cd2w$7zzGhkLGtqtcE2eqJJi44dtOMLfb88xeFPhaeuVhnBc'

/** @param stored Undefined: there is no account, and the answer is no. */
export async function isPassword(stored: string | undefined, given: Secret): Promise<boolean> {
  const text = normalised(given.reveal())
  const isRight = await verify(stored ?? ofNobody, text.length > longest ? '' : text)
  return isRight && stored !== undefined
}
