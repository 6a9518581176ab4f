import { ConfigurationError } from './errors.ts'

export interface HoldfastOptions {
  /** A project's key, or the operator's for `projects`. Default: `HOLDFAST_API_KEY`. */
  apiKey?: string | undefined
  /**
   * Instead of a key, in a page of the server itself: the cookie of the operator who is signed in, and the project that
   * is meant. Left out, the project's routes are refused and the operator's work.
   */
  session?: { projectId?: string | undefined } | undefined
  /** Default: `HOLDFAST_BASE_URL`, else `http://127.0.0.1:4280`. */
  baseUrl?: string | undefined
  /** Used instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined
  /** For one attempt of one request, not for waiting or retries. Default 60,000. */
  timeoutMs?: number | undefined
  /** How often a request that may be repeated is. Default 2. */
  maxRetries?: number | undefined
}

export interface Config {
  /** Who calls, as headers. */
  caller: Readonly<Record<string, string>>
  /** What must not appear in an error, even when it comes out of `fetch`. */
  secret: string | undefined
  /** Origin and perhaps a path, without a trailing slash. */
  baseUrl: string
  fetch: typeof globalThis.fetch
  timeoutMs: number
  maxRetries: number
}

/** The environment variables that stand in for options, first one set wins. */
export interface VariableNames {
  apiKey: readonly [string, ...string[]]
  baseUrl: readonly [string, ...string[]]
}

const ownNames: VariableNames = { apiKey: ['HOLDFAST_API_KEY'], baseUrl: ['HOLDFAST_BASE_URL'] }

/** @throws {ConfigurationError} no key, or a key or URL that cannot be used. The message never shows the key. */
export function resolveConfig(options: HoldfastOptions = {}, names: VariableNames = ownNames): Config {
  const { session } = options
  const apiKey = session ? undefined : usableKey(options.apiKey || fromEnvironment(names.apiKey), names.apiKey[0])
  return {
    caller: apiKey === undefined ? projectHeader(session?.projectId) : { 'x-api-key': apiKey },
    secret: apiKey,
    baseUrl: usableUrl(options.baseUrl || fromEnvironment(names.baseUrl) || 'http://127.0.0.1:4280'),
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    timeoutMs: options.timeoutMs ?? 60_000,
    maxRetries: options.maxRetries ?? 2,
  }
}

const projectHeader = (projectId: string | undefined): Config['caller'] =>
  projectId === undefined ? {} : { 'x-holdfast-project': projectId }

/** Reading may be impossible (a browser) or forbidden (Deno without `--allow-env`): then nothing is set. */
function fromEnvironment(names: readonly string[]): string | undefined {
  try {
    const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
    return names.map((name) => process?.env?.[name]).find(Boolean)
  } catch {
    return undefined
  }
}

function usableKey(given: string | undefined, variable: string): string {
  const key = given?.trim()
  if (!key) {
    throw new ConfigurationError(
      'No API key was given.',
      `Pass apiKey, or set ${variable}. The server prints a key when it starts.`,
    )
  }
  // `fetch` puts a header value it refuses into its own error message, so such a key must not get there.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigurationError(
      'The API key holds characters that a key cannot have.',
      'Copy it again, without spaces, quotes or line breaks.',
    )
  }
  return key
}

function usableUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ConfigurationError('baseUrl is not an http or https URL.', 'Give it like http://127.0.0.1:4280.')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigurationError(
      'baseUrl holds more than an origin and a path.',
      'Leave out user name, password, query and fragment.',
    )
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
