import type { Clock } from '../clock.ts'
import type { Fetch } from '../egress/types.ts'
import { type Failure, failureOf } from './causes.ts'
import type { OtherClock } from './clocks.ts'
import { type CheckName, type Finding, note, ok, problem } from './report.ts'

/** A server the installation calls. */
export interface Target {
  /** As in "the app …". */
  app: string
  url: string
  /** `needed`: accounts depend on it. `example`: only to see whether there is a way out at all. */
  use: 'needed' | 'asked' | 'example'
}

export interface OutgoingOptions {
  targets: readonly Target[]
  /** The server's own way out, with its checks and its proxy. */
  fetch: Fetch
  /** Of the proxy, without user and password. */
  proxyHost: string | undefined
  clock: Clock
}

const timeoutMs = 6_000
const maxTargets = 25

interface Attempt {
  origin: string
  apps: string[]
  use: Target['use']
  failure: Failure | undefined
  clock: OtherClock | undefined
}

/** Whether the server gets out, and to the apps that matter. Whatever an app answers, it was reached. */
export async function checkOutgoing(options: OutgoingOptions): Promise<{ findings: Finding[]; clocks: OtherClock[] }> {
  const attempts = await Promise.all(byOrigin(options.targets).map((target) => tryOne(options, target)))
  const clocks = attempts.flatMap(({ clock }) => (clock ? [clock] : []))
  return { findings: [wayOut(attempts, options), ...attempts.filter(isWanted).map(appFinding(options))], clocks }
}

const isWanted = ({ use, failure }: Attempt) => use === 'asked' || (use === 'needed' && failure !== undefined)

function byOrigin(targets: readonly Target[]): Pick<Attempt, 'origin' | 'apps' | 'use'>[] {
  const found = new Map<string, Pick<Attempt, 'origin' | 'apps' | 'use'>>()
  for (const { app, url, use } of targets) {
    const { origin } = new URL(url)
    const known = found.get(origin)
    if (!known) found.set(origin, { origin, apps: [app], use })
    else if (!known.apps.includes(app)) known.apps.push(app)
    if (known && use === 'asked') known.use = use
  }
  return [...found.values()].slice(0, maxTargets)
}

async function tryOne(
  { fetch, clock }: OutgoingOptions,
  target: Pick<Attempt, 'origin' | 'apps' | 'use'>,
): Promise<Attempt> {
  const sentAt = clock.now().getTime()
  try {
    const response = await fetch(`${target.origin}/`, { timeoutMs })
    const now = clock.now().getTime()
    const theirs = Date.parse(response.headers.get('date') ?? '')
    const { hostname } = new URL(target.origin)
    const other = {
      whose: hostname,
      aheadMs: theirs - (sentAt + now) / 2,
      // The header has whole seconds, and may come out of a cache.
      uncertaintyMs: 1_000 + (now - sentAt) / 2 + Number(response.headers.get('age') ?? 0) * 1_000,
    }
    return { ...target, failure: undefined, clock: Number.isNaN(theirs) ? undefined : other }
  } catch (error) {
    return { ...target, failure: failureOf(error), clock: undefined }
  }
}

function wayOut(attempts: readonly Attempt[], { proxyHost }: OutgoingOptions): Finding {
  const through = proxyHost === undefined ? '' : ` through the proxy ${proxyHost}`
  if (attempts.length === 0) return note('outgoing', 'Nothing outside was tried.')
  const reached = attempts.filter(({ failure }) => failure === undefined)
  if (reached.length > 0)
    return ok('outgoing', `https works${through}: ${reached.map(({ origin }) => new URL(origin).host).join(', ')}.`)
  const [first] = attempts
  const found = `Nothing outside could be reached${through}: ${first?.failure?.why}.`
  const tried = attempts.map(({ origin, failure }) => `${new URL(origin).host}: ${failure?.why}`)
  if (attempts.every(({ use }) => use === 'example'))
    return note('outgoing', `${found} Offline, only simulated apps can be connected.`, tried)
  return problem(
    'outgoing',
    found,
    proxyHost === undefined
      ? 'Let this machine open https connections to the apps (port 443), or set HTTPS_PROXY to the proxy that may.'
      : 'Check HTTPS_PROXY, and that the proxy lets the apps through.',
    tried,
  )
}

const appFinding =
  ({ proxyHost }: OutgoingOptions) =>
  ({ origin, apps, failure }: Attempt): Finding => {
    const check: CheckName = 'provider'
    const { host } = new URL(origin)
    const names = apps.join(', ')
    if (!failure) return ok(check, `${host} answers (${names}).`)
    return problem(check, `${host} could not be reached (${names}): ${failure.why}.`, mendApp(failure, host, proxyHost))
  }

function mendApp({ kind }: Failure, host: string, proxyHost: string | undefined): string {
  const withPort = host.includes(':') ? host : `${host}:443`
  if (kind === 'blocked')
    return `If this app is on your own network, set HOLDFAST_ALLOW_PRIVATE_HOSTS=${withPort}. If not, DNS leads to a wrong place.`
  if (kind === 'certificate')
    return 'If the authority is your own, name its certificate in NODE_EXTRA_CA_CERTS. If not, somebody stands in between.'
  if (kind === 'name') return 'Correct the address in the definition of the app, or mend DNS on this machine.'
  return proxyHost === undefined
    ? `Let this machine open connections to ${withPort}, or wait: the app itself may be down.`
    : `Let the proxy ${proxyHost} pass connections to ${withPort}, or wait: the app itself may be down.`
}
