import { checkParams, isGrantedInBrowser, isMachine, type OAuth1Scheme, type OAuth2Scheme } from '@holdfast/catalog'
import { AppError, type FieldError } from '../../errors.ts'
import type { Integration } from '../../integrations/index.ts'
import { learnByCalls, learnedValue } from '../../oauth/index.ts'
import { TokenError } from '../../oauth/types.ts'
import type { Context } from '../context.ts'
import type { Credentials, StoredTokens } from '../credentials.ts'
import { isOAuth, providerFor, scopesFor } from '../providers.ts'
import type { AccountItem } from './types.ts'

/** An item that can be stored: everything in it was checked. */
export interface ReadItem {
  item: AccountItem
  integration: Integration
  credentials: Credentials
  requestedScopes: string[] | null
  /** When the access token ends, in ms; null when it does not, or nobody knows. */
  expiresAt: number | null
  /** The access token is missing, over, or of unknown age: to be refreshed before it is used. */
  isDue: boolean
}

/** Finds what is wrong with one item. Paths are relative to it. */
type Report = (property: string, message: string) => void

/** What the app must tell, and does not: the item cannot be used without. */
const cannotLearn = 'is required here: the app tells it only while connecting'

/** @returns Undefined for an item with problems, which are added to `problems` as `items.<index>.<field>`. */
export async function readItem(
  context: Context,
  projectId: string,
  item: AccountItem,
  index: number,
  problems: FieldError[],
): Promise<ReadItem | undefined> {
  const before = problems.length
  const report: Report = (property, message) => problems.push({ property: `items.${index}.${property}`, message })
  if (item.entityId.trim() === '') report('entityId', 'must not be empty')
  const integration = await integrationOf(context, projectId, item, report)
  if (!integration) return undefined
  const { scheme } = integration
  if (!isOAuth(scheme)) {
    for (const name of ['accessToken', 'refreshToken', 'idToken', 'expiresIn', 'expiresAt', 'scope'] as const)
      if (item[name] !== undefined && item[name] !== null)
        report(name, `${scheme.scheme} has none; its credentials go into params`)
    const params =
      scheme.scheme === 'OAUTH1' && isGrantedInBrowser(scheme)
        ? readGranted(integration, scheme, item.params ?? {}, report)
        : readTyped(integration, item.params ?? {}, report)
    if (problems.length > before) return undefined
    return {
      item,
      integration,
      credentials: { params, tokens: null },
      requestedScopes: null,
      // The first read fetches the token.
      expiresAt: isMachine(scheme) ? context.clock.now().getTime() : null,
      isDue: isMachine(scheme),
    }
  }

  const tokens = readTokens(context, scheme, item, report)
  const params = readParams(integration, scheme, item.params ?? {}, report)
  if (problems.length > before) return undefined
  const learned = await learnMissing(context, integration, scheme, params, tokens.stored.accessToken, report)
  if (problems.length > before) return undefined
  return {
    item,
    integration,
    credentials: { params: { ...params, ...learned }, tokens: tokens.stored },
    requestedScopes: item.requestedScopes ?? tokens.stored.scopes ?? scopesFor(integration, undefined),
    expiresAt: tokens.expiresAt,
    isDue: tokens.isDue,
  }
}

async function integrationOf(
  context: Context,
  projectId: string,
  { integrationId, app, authScheme }: AccountItem,
  report: Report,
): Promise<Integration | undefined> {
  const { integrations } = context
  if (integrationId === undefined && app === undefined) {
    report('integrationId', 'is required (or app, for the first integration of an app)')
    return undefined
  }
  const property = integrationId === undefined ? 'app' : 'integrationId'
  try {
    const found =
      integrationId === undefined
        ? (await integrations.list(projectId, { appKey: app, showDisabled: false })).find(
            ({ scheme }) => authScheme === undefined || scheme.scheme === authScheme,
          )
        : await integrations.get(projectId, integrationId)
    if (found?.enabled) return found
    report(property, found ? 'is disabled' : 'has no enabled integration')
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error
    report(property, 'is not an integration of the project')
  }
  return undefined
}

function readTyped(integration: Integration, data: Record<string, unknown>, report: Report): Record<string, string> {
  const { values, problems } = checkParams(integration.app.definition, integration.scheme, data)
  for (const { name, message } of problems) report(`params.${name}`, message)
  return values
}

/** Typed params as a person would give them, and learned ones as the app would tell them: the walls are the same. */
function readParams(
  integration: Integration,
  scheme: Pick<OAuth2Scheme, 'learnedParams'>,
  data: Record<string, unknown>,
  report: Report,
): Record<string, string> {
  const learnable = new Map(scheme.learnedParams.map((param) => [param.name, param]))
  const typed = readTyped(
    integration,
    Object.fromEntries(Object.entries(data).filter(([name]) => !learnable.has(name))),
    report,
  )
  const learned: Record<string, string> = {}
  for (const [name, param] of learnable) {
    if (data[name] === undefined) continue
    const value = typeof data[name] === 'string' ? learnedValue(param, data[name]) : undefined
    if (value === undefined) report(`params.${name}`, 'has the wrong form')
    else learned[name] = value
  }
  return { ...typed, ...learned }
}

/** The token that a person granted by OAuth 1, and what the app told with it, stand among the params. */
function readGranted(
  integration: Integration,
  scheme: OAuth1Scheme,
  data: Record<string, unknown>,
  report: Report,
): Record<string, string> {
  const granted = ['oauth_token', 'oauth_token_secret']
  const told = new Set([...granted, ...scheme.keep])
  const rest = Object.fromEntries(Object.entries(data).filter(([name]) => !told.has(name)))
  const found: Record<string, string> = {}
  for (const name of told) {
    const value = data[name]
    if (typeof value === 'string' && value !== '') found[name] = value
    else if (granted.includes(name) || value !== undefined) report(`params.${name}`, 'is required, as a string')
  }
  return { ...readParams(integration, scheme, rest, report), ...found }
}

const maxTokenLength = 16 * 1024
/** RFC 6750 §2.1 and RFC 6749 Appendix A: printable ASCII; blanks inside are let through, at the ends they are a slip. */
const tokenForm = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

function readTokens(context: Context, scheme: OAuth2Scheme, item: AccountItem, report: Report) {
  const now = context.clock.now().getTime()
  const { accessToken = null, refreshToken = null, idToken = null } = item
  if (accessToken === null && refreshToken === null) report('accessToken', 'is required (or refreshToken)')
  for (const [name, token] of Object.entries({ accessToken, refreshToken, idToken })) {
    if (token === null) continue
    if (token.length > maxTokenLength) report(name, 'is too long: at most 16 kB')
    else if (!tokenForm.test(token)) report(name, 'must be printable ASCII without blanks at its ends')
  }
  if (item.expiresIn !== undefined && item.expiresAt !== undefined)
    report('expiresAt', 'cannot be given together with expiresIn')
  const isKnown = item.expiresIn !== undefined || item.expiresAt !== undefined
  const end =
    item.expiresIn !== undefined
      ? now + Math.round(item.expiresIn * 1000)
      : typeof item.expiresAt === 'string'
        ? Date.parse(item.expiresAt)
        : null
  const expiresAt = accessToken === null ? now : end
  const neverEnds = scheme.refresh.accessTokenLifetimeSeconds === null
  const stored: StoredTokens = {
    accessToken: accessToken ?? '',
    refreshToken,
    idToken,
    tokenType: item.tokenType ?? 'Bearer',
    receivedAt: new Date(now).toISOString(),
    expiresInSeconds: expiresAt === null ? null : Math.max(0, Math.floor((expiresAt - now) / 1000)),
    refreshExpiresAt: refreshToken === null ? null : (item.refreshExpiresAt ?? null),
    scopes: item.scope === undefined || item.scope === null ? null : splitScopes(scheme, item.scope),
    extra: item.extra ?? {},
  }
  const isOver = expiresAt !== null && expiresAt <= now
  return { stored, expiresAt, isDue: refreshToken !== null && (isOver || (!isKnown && !neverEnds)) }
}

const splitScopes = (scheme: OAuth2Scheme, scope: string): string[] => {
  const separator = scheme.tokenResponse.scopeSeparator ?? scheme.scopeSeparator
  return [
    ...new Set(
      scope
        .split(/\s+/)
        .flatMap((part) => part.split(separator))
        .filter((part) => part !== ''),
    ),
  ]
}

/** What the app tells when somebody connects is asked for now, where a call can tell it. */
async function learnMissing(
  context: Context,
  integration: Integration,
  scheme: OAuth2Scheme,
  params: Record<string, string>,
  accessToken: string,
  report: Report,
): Promise<Record<string, string>> {
  const missing = scheme.learnedParams.filter((param) => !Object.hasOwn(params, param.name))
  if (missing.length === 0) return {}
  const untold = missing.filter((param) => param.from !== 'call' || accessToken === '')
  for (const param of untold) report(`params.${param.name}`, cannotLearn)
  if (untold.length > 0) return {}
  try {
    return await learnByCalls(providerFor(context, integration, { ...params, access_token: accessToken }))
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    for (const param of missing) report(`params.${param.name}`, `is required here: ${error.message}`)
    return {}
  }
}
