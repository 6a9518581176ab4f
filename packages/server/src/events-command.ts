/**
 * `holdfast events listen`: brings events to a receiver on the developer's own machine, which no server could reach. It
 * reads the feed with the project's API key and sends each event on as a webhook, signed like one.
 */
import { parseArgs } from 'node:util'
import type { Clock } from './clock.ts'
import { Secret } from './secret.ts'
import { type FeedEvent, newSecret, signedHeaders } from './webhooks/index.ts'

export interface EventsCommandOptions {
  environment: Readonly<Record<string, string | undefined>>
  /** Not the server's way out: whoever runs the command says where to. */
  fetch: typeof globalThis.fetch
  clock: Clock
  print: (line: string) => void
  stopping: AbortSignal
}

const usage = `Usage: npm run holdfast -- events listen --forward URL [--types TYPE,…] [--from CURSOR]

  --forward URL    where each event is sent: http://localhost:3000/webhooks
  --types TYPE,…   only these types; default: all
  --from CURSOR    from there on; 0 is the beginning. Default: what happens from now on

It reads the events of the project that HOLDFAST_API_KEY belongs to, from the server at HOLDFAST_BASE_URL
(http://127.0.0.1:4280), and signs with HOLDFAST_WEBHOOK_SECRET, or with a secret it prints.`

const pollMs = 1_000
/** After a failure, since the server may just be starting anew. */
const retryMs = 3_000
const forwardTimeoutMs = 15_000

/** @returns The exit code. */
export async function eventsCommand(args: readonly string[], options: EventsCommandOptions): Promise<number> {
  const settings = readSettings(args, options)
  if (typeof settings === 'string') {
    options.print(settings)
    return args[0] === 'help' ? 0 : 2
  }
  const { cursor } = settings
  const { print, stopping, clock } = options
  print(`Events of ${settings.baseUrl} go to ${settings.forward}, signed with ${settings.secret.reveal()}`)
  let next = cursor
  while (!stopping.aborted) {
    let wait = pollMs
    try {
      const page = await readPage(settings, next, options)
      for (const event of page.items) print(await forward(settings, event, options))
      next = page.nextCursor
      if (page.hasMore) wait = 0
    } catch (error) {
      if (stopping.aborted) break
      if (error instanceof Refused) {
        print(error.message)
        return 1
      }
      print(`${settings.baseUrl} does not answer (${wordsOf(error)}). Trying again.`)
      wait = retryMs
    }
    await clock.sleep(wait, stopping).catch(() => undefined)
  }
  return 0
}

interface Settings {
  baseUrl: string
  apiKey: Secret
  forward: string
  types: string | undefined
  cursor: string
  secret: Secret
}

/** @returns What is to be printed instead, when something is missing. */
function readSettings(args: readonly string[], { environment }: EventsCommandOptions): Settings | string {
  const [command, ...rest] = args
  if (command !== 'listen') return usage
  let values: { forward?: string | undefined; types?: string | undefined; from?: string | undefined }
  try {
    const options = { forward: { type: 'string' }, types: { type: 'string' }, from: { type: 'string' } } as const
    values = parseArgs({ args: rest, options }).values
  } catch (error) {
    return `${(error as Error).message}\n\n${usage}`
  }
  const { forward, types, from = 'latest' } = values
  if (forward === undefined || !/^https?:$/.test(URL.parse(forward)?.protocol ?? ''))
    return `--forward needs an http(s) URL.\n\n${usage}`
  const apiKey = environment.HOLDFAST_API_KEY
  if (!apiKey) return 'Set HOLDFAST_API_KEY to the API key of the project.'
  const baseUrl = (environment.HOLDFAST_BASE_URL || 'http://127.0.0.1:4280').replace(/\/+$/, '')
  if (!URL.canParse(baseUrl)) return 'HOLDFAST_BASE_URL is not a URL.'
  const secret = environment.HOLDFAST_WEBHOOK_SECRET
  return {
    baseUrl,
    apiKey: new Secret(apiKey),
    forward,
    types,
    cursor: from,
    secret: secret ? new Secret(secret) : newSecret(),
  }
}

type Page = { items: (Omit<FeedEvent, 'timestamp'> & { timestamp: string })[]; nextCursor: string; hasMore: boolean }

/** The server understood and says no: asking again would change nothing. */
class Refused extends Error {}

async function readPage(
  { baseUrl, apiKey, types }: Settings,
  cursor: string,
  { fetch, stopping }: EventsCommandOptions,
): Promise<Page> {
  const query = new URLSearchParams({ cursor, ...(types !== undefined && { types }) })
  const response = await fetch(`${baseUrl}/api/v1/events?${query}`, {
    headers: { 'x-api-key': apiKey.reveal() },
    signal: AbortSignal.any([stopping, AbortSignal.timeout(forwardTimeoutMs)]),
  })
  if (response.ok) return (await response.json()) as Page
  const body = (await response.json().catch(() => ({}))) as { message?: string; fix?: string }
  const words = [body.message ?? `It answered ${response.status}.`, body.fix].filter(Boolean).join(' ')
  if (response.status === 429 || response.status >= 500) throw new Error(words)
  throw new Refused(words)
}

/** @returns A line about it. One that fails is not sent again: the next run can begin before it. */
async function forward(
  { forward: url, secret }: Settings,
  { id, type, timestamp, data }: Page['items'][number],
  { fetch, clock, stopping }: EventsCommandOptions,
): Promise<string> {
  const body = JSON.stringify({ type, timestamp, data })
  const headers = signedHeaders(`msg_${id.replaceAll('-', '')}`, clock.now(), body, [secret])
  const line = `${timestamp}  ${type}  ${(data.connectedAccount as { id?: string } | undefined)?.id ?? id}`
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stopping, AbortSignal.timeout(forwardTimeoutMs)]),
    })
    await response.body?.cancel()
    return `${line}  → ${response.status}`
  } catch (error) {
    return `${line}  → ${wordsOf(error)}`
  }
}

function wordsOf(error: unknown): string {
  const { cause, message } = error as Error
  return (cause as { code?: string } | undefined)?.code ?? message
}
