import { AppError, invalid } from '../errors.ts'
import type { ProjectRow } from '../store/index.ts'
import type { Account } from './types.ts'

/**
 * Where the browser may return to. Live: exactly the URLs of the project's list. Test: any https URL and any loopback
 * URL besides. An empty text means none.
 * @throws {AppError} validation_failed, redirect_not_allowed.
 */
export function checkRedirectUri(project: ProjectRow, redirectUri: string | undefined): string | null {
  if (redirectUri === undefined || redirectUri === '') return null
  const allowed = JSON.parse(project.allowed_redirect_urls) as string[]
  if (allowed.includes(redirectUri)) return redirectUri
  if (redirectUri.length > 2000 || !urlCharacters.test(redirectUri) || !URL.canParse(redirectUri))
    throw invalid({
      property: 'redirectUri',
      message: 'must be an absolute URL, percent-encoded where it holds more than ASCII',
    })
  const url = new URL(redirectUri)
  if (url.username !== '' || url.password !== '' || redirectUri.includes('#'))
    throw invalid({ property: 'redirectUri', message: 'must have no user information and no fragment' })
  const usableInTest = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  if (project.mode === 'test' && usableInTest) return redirectUri
  throw notListed()
}

/**
 * A handle stands for the person who came back, so it goes to the project's own pages: in test mode too, once it lists any.
 * @throws {AppError} redirect_not_allowed.
 */
export function checkHandleTarget(project: Pick<ProjectRow, 'allowed_redirect_urls'>, redirectUri: string): void {
  const allowed = JSON.parse(project.allowed_redirect_urls) as string[]
  if (allowed.length > 0 && !allowed.includes(redirectUri)) throw notListed()
}

const notListed = () =>
  new AppError('redirect_not_allowed', 'redirectUri is not among the allowed redirect URLs of the project.', {
    fields: [{ property: 'redirectUri', message: 'not among allowedRedirectUrls' }],
  })

/** What may stand in a URL (RFC 3986 §2). Parsers repair other characters, each in its own way, so the browser might go elsewhere. */
const urlCharacters = /^[\x21-\x5b\x5d-\x7e]+$/

const isLoopback = (hostname: string) =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)

/**
 * Adds the result to the caller's URL under every name published clients look for. The caller's own query stays as it
 * was written, but for parameters of our names: those are ours, so that nobody can plant a result.
 */
export function withResult(redirectUri: string, account: Account): string {
  const succeeded = account.status === 'ACTIVE'
  const result: Record<string, string> = {
    status: succeeded ? 'success' : 'failed',
    connectionStatus: account.status,
    connection_status: account.status,
    connectedAccountId: account.id,
    connected_account_id: account.id,
    appName: account.appKey,
    ...(!succeeded &&
      account.statusReason && { error: account.statusReason.code, error_description: account.statusReason.message }),
  }
  return withOwn(redirectUri, result)
}

/** The way back to a developer who is to confirm: the handle, and no result yet. */
export const withHandle = (redirectUri: string, handle: string): string =>
  withOwn(redirectUri, { status: 'confirmation_required', handle })

const ourNames: ReadonlySet<string> = new Set([
  'status',
  'connectionStatus',
  'connection_status',
  'connectedAccountId',
  'connected_account_id',
  'appName',
  'error',
  'error_description',
  'handle',
])

function withOwn(redirectUri: string, own: Record<string, string>): string {
  const [base, query = ''] = split(redirectUri, '?')
  const kept = query.split('&').filter((part) => part !== '' && !ourNames.has(nameOf(part)))
  return `${base}?${[...kept, new URLSearchParams(own).toString()].join('&')}`
}

/** As the most generous reader takes it: some see `status` in `status[]` as well. */
const nameOf = (part: string) =>
  decode(split(part, '=')[0] ?? '')
    .replace(/\[.*$/s, '')
    .trim()

function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}
