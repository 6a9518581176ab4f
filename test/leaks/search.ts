/**
 * Looks for every secret that `watch.ts` noted in everything that it kept: as it is, in base64 (at each of the three places
 * where it may begin), base64url and hex.
 *
 * `node test/leaks/search.ts FOLDER` prints what was found, never the secret itself, and ends with 1 when there is something.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'

export interface Leak {
  file: string
  offset: number
  /** How it is written there. */
  form: string
  /** Of the secret, so that two leaks of one can be told to be so. */
  fingerprint: string
  /** What stands before it. */
  before: string
}

export interface Searched {
  secrets: number
  files: number
  bytes: number
  leaks: Leak[]
}

interface Needle {
  bytes: Buffer
  form: string
  secret: string
}

/** @throws {Error} when there is nothing to look for or in: that is a broken watch and no clean bill. */
export function searchForLeaks(folder: string): Searched {
  const files = filesIn(folder)
  const secrets = new Set(
    files
      .filter((file) => /secrets-\d+\.jsonl$/.test(file))
      .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'))
      .map((line) => JSON.parse(line) as string),
  )
  const written = files.filter((file) => !file.endsWith('.jsonl'))
  if (secrets.size === 0) throw new Error('no secret was seen')
  if (!written.some((file) => file.includes('logs-'))) throw new Error('no log was seen')
  const needles = Map.groupBy([...secrets].flatMap(needlesOf), ({ bytes }) => bytes.readInt32BE(0))
  const searched: Searched = { secrets: secrets.size, files: written.length, bytes: 0, leaks: [] }
  for (const file of written) {
    const bytes = readFileSync(file)
    searched.bytes += bytes.length
    searched.leaks.push(...leaksIn(bytes, needles).map((leak) => ({ file: file.slice(folder.length + 1), ...leak })))
  }
  return searched
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

function needlesOf(secret: string): Needle[] {
  const bytes = Buffer.from(secret)
  const shifted = [0, 1, 2].map((shift) => {
    // Characters that the bytes around it have a part in are cut off.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    return text.slice(shift === 0 ? 0 : shift + 1, bytes.length % 3 === 0 && shift === 0 ? undefined : -1)
  })
  const forms: [string, string][] = [
    ['plain', secret],
    ...shifted.map((text): [string, string] => ['base64', text]),
    ...shifted.map((text): [string, string] => ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')]),
    ['hex', bytes.toString('hex')],
    ['hex', bytes.toString('hex').toUpperCase()],
  ]
  return forms.map(([form, text]) => ({ bytes: Buffer.from(text), form, secret }))
}

function leaksIn(bytes: Buffer, needles: ReadonlyMap<number, readonly Needle[]>): Omit<Leak, 'file'>[] {
  const leaks: Omit<Leak, 'file'>[] = []
  let four = bytes.length >= 4 ? bytes.readInt32BE(0) >> 8 : 0
  for (let offset = 0; offset + 4 <= bytes.length; offset++) {
    four = (four << 8) | (bytes[offset + 3] ?? 0)
    for (const needle of needles.get(four) ?? [])
      if (
        bytes.compare(
          needle.bytes,
          0,
          needle.bytes.length,
          offset,
          Math.min(offset + needle.bytes.length, bytes.length),
        ) === 0
      )
        leaks.push({
          offset,
          form: needle.form,
          fingerprint: createHash('sha256').update(needle.secret).digest('hex').slice(0, 12),
          before: bytes
            .subarray(Math.max(0, offset - 60), offset)
            .toString('latin1')
            .replace(/[^ -~]/g, '.'),
        })
  }
  return leaks
}

if (import.meta.main) {
  const { secrets, files, bytes, leaks } = searchForLeaks(argv[2] ?? '')
  const distinct = new Map(leaks.map((leak) => [`${leak.file} ${leak.fingerprint} ${leak.form}`, leak]))
  for (const { file, form, fingerprint, before } of distinct.values())
    console.log(`LEAK  ${file}: secret ${fingerprint}, ${form}, after: ${before}`)
  console.log(
    `${leaks.length === 0 ? 'No leak' : `${distinct.size} leaks`}: looked for ${secrets} secrets in ${files} files of ${Math.round(bytes / 1024)} kB.`,
  )
  process.exitCode = leaks.length === 0 ? 0 : 1
}
