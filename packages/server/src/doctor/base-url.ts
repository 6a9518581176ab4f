import type { Fetch } from '../egress/types.ts'
import { type Failure, failureOf } from './causes.ts'
import { type Finding, ok, problem, warning } from './report.ts'

export interface BaseUrlOptions {
  baseUrl: string
  /** Where this installation's own process listens, as seen from this machine. */
  ownUrl: string
  /** The name of this installation; undefined when the database could not tell. */
  installation: string | undefined
  /** There is a project whose users come from outside. */
  isLive: boolean
  /** May reach both URLs, private or not. */
  fetch: Fetch
}

const header = 'holdfast-installation'
const timeoutMs = 8_000

type Answer =
  | { kind: 'silent'; failure: Failure }
  | { kind: 'elsewhere'; status: number; location: string | null }
  | { kind: 'holdfast'; isThis: boolean }

/** Whether browsers and apps that follow the base URL arrive at this installation. */
export async function checkBaseUrl(options: BaseUrlOptions): Promise<Finding> {
  const { baseUrl, ownUrl } = options
  const isOwn = new URL(ownUrl).origin === new URL(baseUrl).origin
  const outside = await ask(options, baseUrl)
  if (outside.kind === 'holdfast' && outside.isThis) return ways(options)

  const inside = isOwn ? outside : await ask(options, ownUrl)
  const isRunning = inside.kind === 'holdfast' && inside.isThis
  const ownWords = `${ownUrl} (HOST and PORT)`
  if (outside.kind === 'holdfast')
    return problem(
      'base_url',
      `Another installation of Holdfast answers at ${baseUrl}.`,
      isOwn
        ? 'Set PORT to one that is free, or stop what uses it; or point HOLDFAST_DATA_DIR or DATABASE_URL to the data of the one that runs.'
        : `Set HOLDFAST_BASE_URL to the address of this one, or let that name lead to ${ownWords}.`,
    )
  if (outside.kind === 'elsewhere')
    return problem(
      'base_url',
      outside.location === null
        ? `Something else than Holdfast answers at ${baseUrl} (status ${outside.status} for /healthz).`
        : `${baseUrl} leads on to ${outside.location}.`,
      outside.location === null
        ? `Let the proxy at that address pass every path on to ${ownWords}, or correct HOLDFAST_BASE_URL.`
        : 'Set HOLDFAST_BASE_URL to the address that answers by itself: callbacks of apps do not survive being sent on.',
    )
  const { why, kind } = outside.failure
  if (!isRunning && kind !== 'name' && kind !== 'certificate')
    return warning(
      'base_url',
      `No server answers at ${baseUrl}${isOwn ? '' : `, nor at ${ownUrl}`}: ${why}.`,
      'Start the server, then run the doctor again: only then can it tell whether the base URL is right.',
    )
  return problem('base_url', `Nothing answers at ${baseUrl}: ${why}.`, mendSilence(kind, isRunning, ownWords))
}

function mendSilence(kind: Failure['kind'], isRunning: boolean, ownWords: string): string {
  if (kind === 'certificate') return 'Mend the certificate of the proxy in front: apps and browsers refuse it as well.'
  const correct = kind === 'name' ? 'Correct HOLDFAST_BASE_URL, or make the name in DNS' : 'Correct HOLDFAST_BASE_URL'
  return isRunning
    ? `${correct}. The server itself runs at ${ownWords}. If this machine alone cannot reach its own outside address, open /healthz there from another one.`
    : `${correct}.`
}

/** It leads here; what remains is whether it is one that users can come by. */
function ways({ baseUrl, isLive }: BaseUrlOptions): Finding {
  const { protocol, hostname } = new URL(baseUrl)
  const isLoopback = /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
  if (protocol === 'http:' && !isLoopback)
    return warning(
      'base_url',
      `${baseUrl} leads here, without TLS.`,
      'Put a proxy with TLS in front and set HOLDFAST_BASE_URL to its https address: most apps refuse http redirect URIs, and credentials would cross the network in the open.',
    )
  if (isLive && isLoopback)
    return warning(
      'base_url',
      `${baseUrl} leads here, and only from this machine.`,
      'There is a live project: set HOLDFAST_BASE_URL to an https address that its users can reach.',
    )
  return ok('base_url', `${baseUrl} leads here.`)
}

async function ask({ installation, fetch }: BaseUrlOptions, url: string): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(`${url}/healthz`, { timeoutMs })
  } catch (error) {
    return { kind: 'silent', failure: failureOf(error) }
  }
  const name = response.headers.get(header)
  if (name !== null) return { kind: 'holdfast', isThis: installation === undefined || name === installation }
  const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
  return { kind: 'elsewhere', status: response.status, location: location && originOf(location, url) }
}

/** Only where it leads: what comes after the host may hold anything. */
const originOf = (location: string, base: string) => URL.parse(location, base)?.origin ?? 'another address'
