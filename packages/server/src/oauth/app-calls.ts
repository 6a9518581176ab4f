import {
  type Call,
  learnedParamsOf,
  type RenderedAuth,
  renderAuth,
  renderCallUrl,
  renderText,
  TemplateError,
  templateNames,
} from '@holdfast/catalog'
import { type Fields, isFields, parseBody, textOf, valueAt } from './body.ts'
import { learnedValue } from './learned.ts'
import { signatureHeaders } from './signing.ts'
import { saysError } from './token-errors.ts'
import { type IdentityAnswer, type Provider, TokenError } from './types.ts'

/** @see OAuthFunctions.identify */
export async function identify(provider: Provider): Promise<IdentityAnswer | undefined> {
  const identity = provider.scheme.identity ?? provider.app.identity
  if (identity === undefined) return undefined
  const answer = await callApp(provider, identity).catch(() => undefined)
  if (!answer || !isSuccess(answer) || verdict(provider, answer) !== 'fine') return undefined
  const found = answer.fields && provider.hooks?.identify?.(answer.fields)
  const read = (name: 'id' | 'name' | 'email' | 'avatar') => {
    const path = identity[name]
    return found?.[name] ?? (path === undefined ? undefined : personText(valueAt(answer.fields, path)))
  }
  const id = read('id')
  if (id === undefined) return undefined
  return {
    id,
    name: read('name') ?? null,
    email: read('email') ?? null,
    avatar: webAddress(read('avatar')),
  }
}

/** @see OAuthFunctions.tryCredential */
export async function tryCredential(
  provider: Provider,
): Promise<'accepted' | 'refused' | 'unreachable' | 'not_available'> {
  const call = provider.scheme.testCall ?? provider.app.testCall
  if (call === undefined) return 'not_available'
  const answer = await callApp(provider, call).catch(() => undefined)
  if (!answer) return 'unreachable'
  if (call.refusedStatuses.includes(answer.status)) return 'refused'
  if (!isSuccess(answer)) return 'unreachable'
  const said = verdict(provider, answer)
  if (said === 'fine') return 'accepted'
  return said === 'error' ? 'refused' : 'unreachable'
}

/** @see OAuthFunctions.learnByCalls */
export async function learnByCalls(provider: Provider): Promise<Record<string, string>> {
  const learned: Record<string, string> = {}
  const answers = new Map<string, Fields>()
  for (const param of learnedParamsOf(provider.scheme)) {
    if (!param.call) continue
    const key = JSON.stringify(param.call)
    // Several params may be read from one answer.
    const fields =
      answers.get(key) ?? (await learnFrom({ ...provider, values: { ...provider.values, ...learned } }, param.call))
    answers.set(key, fields)
    const value = learnedValue(param, valueAt(fields, param.path))
    if (value === undefined) throw new TokenError('refused', `the app did not tell a valid ${param.name}`)
    learned[param.name] = value
  }
  return learned
}

async function learnFrom(provider: Provider, call: Call): Promise<Fields> {
  const answer = await callApp(provider, call).catch((cause: unknown) => {
    if (cause instanceof TemplateError) throw new TokenError('refused', cause.message, { cause })
    throw new TokenError('transient', 'the app could not be reached', { cause })
  })
  const { status } = answer
  if (status === 429 || status >= 500)
    throw new TokenError('transient', `the app answered with status ${status}`, { status })
  if (!isSuccess(answer) || verdict(provider, answer) !== 'fine' || !answer.fields)
    throw new TokenError('refused', `the app answered with status ${status} and not with what was asked`, { status })
  return answer.fields
}

interface AppAnswer {
  status: number
  fields: Fields | undefined
}

/**
 * Makes one call with the app's headers and the credential in its places. Credentials for the body go into a JSON body
 * of a POST.
 *
 * @throws {TemplateError} when a value is missing. @throws {EgressError}
 */
async function callApp(provider: Provider, call: Call): Promise<AppAnswer> {
  const { values } = provider
  const { url, auth } = targetOf(provider, call, true)
  const headers: Record<string, string> = { accept: 'application/json' }
  const own = Object.entries(call.headers ?? {}).map(([name, value]): [string, string] => [
    name,
    renderText(value, values),
  ])
  for (const [name, value] of [...Object.entries(auth.headers), ...own]) headers[name.toLowerCase()] = value

  const body = bodyOf(call, auth.body, values)
  if (body !== undefined) headers['content-type'] ??= 'application/json'
  const target = provider.resolve(url)
  const signature = signatureHeaders(provider, { method: call.method, url: target, appUrl: url, headers, body })
  const response = await provider.fetch(target, { method: call.method, headers: { ...headers, ...signature }, body })
  return { status: response.status, fields: parseBody(await response.text()) }
}

/**
 * Where a call goes, and what the app wants with it.
 *
 * @param withCredential False: the app's headers alone.
 * @throws {TemplateError} when a value is missing.
 */
export function targetOf(
  { app, scheme, values }: Provider,
  call: Pick<Call, 'url'>,
  withCredential: boolean,
): { url: URL; auth: RenderedAuth } {
  const placed = withCredential || !('send' in scheme) ? scheme : { ...scheme, send: [] }
  // An absolute call may be the very one that learns what the base URL needs.
  const isBelowBase = call.url.startsWith('/')
  const auth = isBelowBase ? renderAuth(app, placed, values) : renderAuth(withoutBase(app), withoutBase(placed), values)
  const url = renderCallUrl(call, auth.baseUrl, values)
  for (const [name, value] of Object.entries(auth.query)) url.searchParams.set(name, value)
  return { url, auth }
}

const withoutBase = <Described extends { baseUrl?: string | undefined }>(described: Described): Described => ({
  ...described,
  baseUrl: undefined,
})

function bodyOf(
  call: Call,
  credential: Record<string, string>,
  values: Readonly<Record<string, string>>,
): string | undefined {
  if (call.method !== 'POST') return undefined
  if (call.body === undefined && Object.keys(credential).length === 0) return undefined
  return JSON.stringify({ ...filled(call.body ?? {}, values), ...credential })
}

/** Fills every text of a body. One with names that have no value is no template: `{viewer{id}}` is GraphQL. */
function filled<Value>(value: Value, values: Readonly<Record<string, string>>): Value
function filled(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return templateNames(value).every((name) => Object.hasOwn(values, name)) ? renderText(value, values) : value
  if (Array.isArray(value)) return value.map((item) => filled(item, values))
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, values)]))
}

const isSuccess = ({ status }: AppAnswer) => status >= 200 && status < 300

/** What the body of a success says: an error in the app's own way, or a GraphQL answer without data (`empty`). */
function verdict({ app }: Provider, { fields }: AppAnswer): 'fine' | 'error' | 'empty' {
  if (!fields) return 'fine'
  if (saysError(fields, app)) return 'error'
  return Array.isArray(fields.errors) && fields.errors.length > 0 && !hasData(fields.data) ? 'empty' : 'fine'
}

/** GraphQL answers `{ "data": { "viewer": null } }` as well as `{ "data": null }`. */
const hasData = (data: unknown) => isFields(data) && Object.values(data).some((value) => value !== null)

const personText = (value: unknown) => (typeof value === 'boolean' ? undefined : textOf(value)?.trim() || undefined)

/** It ends up in the `src` of an image. */
const webAddress = (text: string | undefined) => {
  const url = text === undefined ? null : URL.parse(text)
  return url && ['https:', 'http:'].includes(url.protocol) ? url.href : null
}
