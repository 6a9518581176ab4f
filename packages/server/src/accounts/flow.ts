import { timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import { newToken, sha256 } from '../ids.ts'
import { learnByCalls } from '../oauth/index.ts'
import { AuthorizationError, TokenError } from '../oauth/types.ts'
import type { AccountRow, ConnectionRequestRow } from '../store/index.ts'
import { browserGrantFor, type Granted, stateHashOf } from './browser-grants.ts'
import { changeStatus, recordEvent } from './changes.ts'
import type { Context } from './context.ts'
import { previousCredentials, sealCredentials } from './credentials.ts'
import { offersDeviceCode } from './device.ts'
import { compareOwner, identifyOwner, type Owner, ownerColumns } from './identity.ts'
import { openPageFacts } from './page-facts.ts'
import { park, parkedReturnUrl } from './parking.ts'
import { toAccount } from './present.ts'
import { describedScopes } from './providers.ts'
import { reasonColumns, statusReason } from './reasons.ts'
import { withResult } from './redirects.ts'
import { failConnection, openParams, openVerifier, reference, sealVerifier } from './requests.ts'
import { recordScopeChange } from './scopes.ts'
import type { CallbackInput, CallbackOutcome, ConnectFlow, ConnectionView, StatusReasonCode } from './types.ts'

type PageVerbs = Pick<ConnectFlow, 'viewRequest' | 'authorize' | 'decline' | 'callback'>

/** How often a finished connection is stored again when a refresh of the same account slips in between. */
const maxStoreAttempts = 5

export function createFlow(context: Context): PageVerbs {
  const { store, clock } = context

  return {
    async viewRequest(token) {
      const request = await store.requests.findByToken(sha256(token))
      return request ? view(context, request) : null
    },

    async authorize(token, choice) {
      const request = await openRequest(context, token)
      const integration = await context.integrations.get(request.project_id, request.integration_id)
      const grant = await browserGrantFor(context, integration, await openParams(context, request))
      const { fixed, optional } = scopesOf(request)
      const scopes = [...fixed, ...optional.filter((scope) => choice?.optionalScopes.includes(scope) ?? true)]
      const { url, stateHash, secret } = await grant
        .begin(integration.redirectUri, scopes)
        .catch((error) => notBegun(context, request, error))
      const cookie = newToken()
      const bound = await store.requests.authorize(request.id, clock.now().getTime(), {
        state_hash: stateHash,
        cookie_hash: sha256(cookie),
        code_verifier: await sealVerifier(context, request, secret),
        ...(optional.length > 0 && { scopes: JSON.stringify(scopes) }),
      })
      if (!bound) throw ended()
      const maxAgeSeconds = Math.ceil((request.expires_at - clock.now().getTime()) / 1000)
      return { url: url.href, cookie: { name: cookieName(context.baseUrl, request.id), value: cookie, maxAgeSeconds } }
    },

    async decline(token) {
      const request = await openRequest(context, token)
      await failConnection(context, request, 'access_denied')
      return view(context, await reread(context, request))
    },

    async callback(input) {
      const stateHash = stateHashOf(input.integrationId, input.params)
      // Anybody can make up a state, so one that is unknown costs a look and no write.
      if (!stateHash || !(await store.requests.findByState(stateHash))) return unknownLink
      const request = await store.requests.consumeState(stateHash)
      if (!request) {
        const used = await store.requests.findByState(stateHash)
        if (!used) return unknownLink
        const problem = isOverdue(context, used) ? 'link_expired' : 'link_used'
        // A reload ends where the first visit ended; somebody else who has the address hears only that it was used.
        if (!holdsCookie(context, used, input.cookies)) return { kind: 'failed', problem, view: null }
        const returnUrl = isOverdue(context, used) ? undefined : await parkedReturnUrl(context, used)
        return returnUrl === undefined
          ? { kind: 'failed', problem, view: await view(context, used) }
          : { kind: 'parked', returnUrl }
      }
      return finish(context, request, input)
    },
  }
}

const unknownLink: CallbackOutcome = { kind: 'failed', problem: 'unknown_link', view: null }

type Problem = (CallbackOutcome & { kind: 'failed' })['problem']

/** What became of an answer of the app. `gone`: the account was deleted, or the request ended, meanwhile. */
export type Redemption =
  | { kind: 'connected' }
  | { kind: 'gone' }
  | { kind: 'refused'; code: StatusReasonCode; problem: Problem; detail?: string }

/**
 * The rest of a callback whose state was right and is now used up: integration, cookie, issuer and app parameters must
 * agree too, or the flow ends here. Only then is the answer used, or kept until the developer has confirmed who is back.
 */
async function finish(context: Context, request: ConnectionRequestRow, input: CallbackInput): Promise<CallbackOutcome> {
  const refused = refusalOf(context, request, input)
  const parksFirst = refused === undefined && request.verify_user === 1
  const outcome = refused ?? (await redeem(context, request, input.params, { onlyRead: parksFirst }))
  if (outcome.kind === 'refused') await failConnection(context, request, outcome.code, outcome.detail)
  else if (parksFirst) {
    const returnUrl = await park(context, request, [...input.params])
    return returnUrl === undefined ? { kind: 'failed', problem: 'failed', view: null } : { kind: 'parked', returnUrl }
  }
  if (outcome.kind === 'gone') return { kind: 'failed', problem: 'failed', view: null }
  const seen = await view(context, await reread(context, request))
  return outcome.kind === 'refused'
    ? { kind: 'failed', problem: outcome.problem, view: seen }
    : { kind: 'connected', view: seen }
}

/** What binds a callback to one flow in one browser, whatever the scheme. */
function refusalOf(
  context: Context,
  request: ConnectionRequestRow,
  input: CallbackInput,
): (Redemption & { kind: 'refused' }) | undefined {
  // First: another browser is told nothing more, and is sent nowhere.
  if (!holdsCookie(context, request, input.cookies))
    return { kind: 'refused', code: 'browser_mismatch', problem: 'wrong_browser' }
  if (isOverdue(context, request)) return { kind: 'refused', code: 'link_expired', problem: 'link_expired' }
  if (input.integrationId !== request.integration_id)
    return { kind: 'refused', code: 'callback_mismatch', problem: 'failed' }
  return undefined
}

/**
 * Reads the parameters with which the app sent the browser back, exchanges the code and stores what comes. Ending a
 * request that was refused is left to the caller.
 *
 * @param onlyRead Whether the answer is good, without using it.
 */
export async function redeem(
  context: Context,
  request: ConnectionRequestRow,
  response: URLSearchParams,
  { onlyRead = false } = {},
): Promise<Redemption> {
  const { code_verifier: sealedVerifier } = request
  if (sealedVerifier === null) return { kind: 'refused', code: 'callback_mismatch', problem: 'failed' }
  const integration = await context.integrations.get(request.project_id, request.integration_id)
  const params = await openParams(context, request)
  const grant = await browserGrantFor(context, integration, params)
  try {
    grant.check(response)
    if (onlyRead) return { kind: 'connected' }
    const secret = await openVerifier(context, { ...request, code_verifier: sealedVerifier })
    return await useGrant(context, request, params, await grant.exchange(response, integration.redirectUri, secret))
  } catch (error) {
    return refusedBy(error)
  }
}

/** Stores what the app granted. */
export async function useGrant(
  context: Context,
  request: ConnectionRequestRow,
  params: Record<string, string>,
  granted: Granted,
): Promise<Redemption> {
  const outcome = await connect(context, request, params, granted)
  switch (outcome) {
    case 'connected':
      return { kind: 'connected' }
    case 'gone':
      await giveBackUnlessUsed(context, request, granted)
      return { kind: 'gone' }
    case 'link_used':
      return { kind: 'refused', code: 'superseded', problem: 'link_used' }
    case 'owner_unknown':
      return { kind: 'refused', code: 'identity_unknown', problem: 'provider_down' }
    case 'other_owner':
      return { kind: 'refused', code: 'identity_mismatch', problem: 'wrong_account' }
  }
}

/** What an app's refusal means for the request. Any other error is thrown on. */
export function refusedBy(error: unknown): Redemption & { kind: 'refused' } {
  if (error instanceof AuthorizationError) return refusal(...authorizationProblem(error))
  if (error instanceof TokenError) return refusal(...tokenProblem(error))
  throw error
}

const refusal = (code: StatusReasonCode, problem: Problem, detail: string): Redemption & { kind: 'refused' } => ({
  kind: 'refused',
  code,
  problem,
  detail,
})

/** @returns `gone` when the account was deleted, or the request ended, while the app was asked. */
async function connect(
  context: Context,
  request: ConnectionRequestRow,
  params: Record<string, string>,
  granted: Granted,
): Promise<'connected' | 'gone' | 'link_used' | 'other_owner' | 'owner_unknown'> {
  const { store, clock } = context
  const { provider } = granted
  const values = { ...provider.values, ...granted.learned }
  const learned = { ...granted.learned, ...(await learnByCalls({ ...provider, values })) }
  const owner = await identifyOwner({ ...provider, values: { ...values, ...learned } })
  const mayChangeOwner = request.allow_identity_change === 1
  for (let attempt = 0; attempt < maxStoreAttempts; attempt++) {
    const row = await store.accounts.find(request.project_id, request.account_id)
    if (!row) return 'gone'
    const compared = compareOwner(row, provider, owner?.id)
    if (compared === 'unknown' && !mayChangeOwner) return 'owner_unknown'
    if (compared === 'other' && !mayChangeOwner) {
      await giveBackOther(context, row, owner, granted)
      return 'other_owner'
    }
    const credentials = granted.credentials({ ...params, ...learned }, await previousCredentials(context, row))
    const sealed = await sealCredentials(
      context,
      { projectId: row.project_id, accountId: row.id, version: row.credentials_version + 1 },
      credentials,
    )
    const isFirst = row.credentials === null && row.credentials_version === 0
    const stored = await store
      .transaction(async (queries) => {
        const at = clock.now()
        const changes = {
          credentials: sealed,
          status: 'ACTIVE' as const,
          ...reasonColumns(null),
          ...granted.expiry(credentials),
          verification: owner ? ('verified' as const) : ('not_checked' as const),
          ...((owner || mayChangeOwner) && ownerColumns(owner)),
          requested_scopes: request.scopes,
          granted_scopes: granted.scopes ? JSON.stringify(granted.scopes) : request.scopes,
          retry_after: null,
          refresh_failures: 0,
          updated_at: at.getTime(),
        }
        const type = isFirst ? 'connected_account.active' : 'connected_account.reactivated'
        const replaced = await changeStatus(queries, row, changes, { type, at })
        if (!replaced) return undefined
        if (request.link_id !== null && (await queries.requests.accountConnectedByLink(request.link_id)) !== undefined)
          throw new LinkUsed()
        if (!(await queries.requests.end(request.id, { status: 'connected', failure_code: null })))
          throw new RequestEnded()
        if (compared === 'other') await recordEvent(queries, replaced, 'connected_account.identity_changed', at)
        await recordScopeChange(queries, row, replaced, at)
        return replaced
      })
      .catch((error: unknown) => {
        if (error instanceof RequestEnded) return 'ended' as const
        if (error instanceof LinkUsed) return 'link_used' as const
        throw error
      })
    if (stored === 'ended') return 'gone'
    if (stored === 'link_used') {
      await giveBackOther(context, row, owner, granted)
      return 'link_used'
    }
    if (stored) {
      context.log.info(
        { reference: reference(request.id), accountId: stored.id, app: stored.app_key },
        'a connection was made',
      )
      await store.signals.changed(stored.id)
      return 'connected'
    }
  }
  throw new AppError('conflict', 'The account kept changing while the connection was being stored.')
}

/** Rolls the transaction back: the request was ended by someone else while the app was asked. */
class RequestEnded extends Error {}

/** Likewise: the link that the request was begun with connected another account, and connects one only. */
class LinkUsed extends Error {}

/**
 * An app may keep one grant for a person and a client however often they connect: giving it back would also end what the
 * account still uses, or what a newer request is about to bring.
 */
async function giveBackUnlessUsed(context: Context, request: ConnectionRequestRow, granted: Granted): Promise<void> {
  const { project_id, account_id: id, integration_id } = request
  const row = await context.store.accounts.find(project_id, id)
  const isUsed = row && (row.credentials !== null || (await context.store.requests.openForAccount(id)).length > 0)
  if (!isUsed) await granted.abandon({ id, project_id, integration_id, app_key: granted.provider.app.key })
}

/** The grant of somebody else than before is given back, unless that person's own account here lives on the same. */
async function giveBackOther(
  context: Context,
  row: AccountRow,
  owner: Owner | undefined,
  granted: Granted,
): Promise<void> {
  const same = { ...row, identity_id: owner?.id ?? null }
  if ((await context.store.accounts.idsWithIdentity(row.project_id, same, 1)).length === 0) await granted.abandon(row)
}

/**
 * An app that must be asked before the browser can go there, and that gave no usable answer. A refusal ends the request: a
 * second click would be refused like the first.
 */
export async function notBegun(context: Context, request: ConnectionRequestRow, error: unknown): Promise<never> {
  if (!(error instanceof TokenError)) throw error
  if (error.kind === 'transient')
    throw new AppError('provider_unavailable', `The app did not answer: ${error.message}.`)
  const { code, detail } = refusedBy(error)
  await failConnection(context, request, code, detail)
  throw new AppError('connection_failed', `The app refused to begin: ${error.message}.`)
}

function authorizationProblem(error: AuthorizationError): [StatusReasonCode, Problem, string] {
  switch (error.kind) {
    case 'denied':
      return ['access_denied', 'denied', error.message]
    case 'issuer_mismatch':
      return ['issuer_mismatch', 'failed', error.message]
    case 'callback_mismatch':
      return ['callback_mismatch', 'failed', error.message]
    case 'provider_down':
      return ['provider_unavailable', 'provider_down', error.message]
    case 'refused':
      return ['authorization_failed', 'failed', error.message]
  }
}

function tokenProblem(error: TokenError): [StatusReasonCode, Problem, string] {
  if (error.kind === 'transient') return ['provider_unavailable', 'provider_down', error.message]
  if (error.kind === 'client_rejected') return ['client_rejected', 'failed', error.message]
  return ['code_exchange_failed', 'failed', error.message]
}

/** @throws {AppError} not_found, conflict when the request has ended. */
export async function openRequest(context: Context, token: string): Promise<ConnectionRequestRow> {
  const request = await context.store.requests.findByToken(sha256(token))
  if (!request) throw new AppError('not_found', 'There is no such link.')
  if ((request.status !== 'pending' && request.status !== 'authorizing') || isOverdue(context, request)) throw ended()
  return request
}

export const ended = () => new AppError('conflict', 'This link was used or has expired.')

export const isOverdue = ({ clock }: Context, request: ConnectionRequestRow) =>
  request.expires_at <= clock.now().getTime()

const reread = async ({ store }: Context, request: ConnectionRequestRow) =>
  (await store.requests.findByToken(request.token_hash)) ?? request

/** One cookie a request, so that two flows in two tabs do not disturb each other. Browsers take `__Host-` only with Secure, hence with https. */
export const cookieName = (baseUrl: string, requestId: string) =>
  `${baseUrl.startsWith('https:') ? '__Host-' : ''}hf-flow-${requestId.slice(-12)}`

/** Whether this is the browser in which the request was begun. */
export function holdsCookie(
  { baseUrl }: Context,
  request: ConnectionRequestRow,
  cookies: CallbackInput['cookies'],
): boolean {
  const value = cookies[cookieName(baseUrl, request.id)]
  return value !== undefined && request.cookie_hash !== null && timingSafeEqual(sha256(value), request.cookie_hash)
}

/** What the pages show of a request. */
export async function view(context: Context, request: ConnectionRequestRow): Promise<ConnectionView> {
  const { store } = context
  const project = await store.projects.find(request.project_id)
  const row = await store.accounts.find(request.project_id, request.account_id)
  const integration = await context.integrations.get(request.project_id, request.integration_id)
  const account = row ? toAccount(row, integration.app.definition.name) : null
  const hasEnded = request.status === 'connected' || request.status === 'failed'
  const isOpen = !hasEnded && !isOverdue(context, request)
  const scopes = scopesOf(request)
  return {
    reference: reference(request.id),
    state: stateOf(context, request),
    projectId: request.project_id,
    projectName: project?.name ?? '',
    entityId: row?.entity_id ?? '',
    app: { key: integration.app.definition.key, name: integration.app.definition.name },
    scopes: describedScopes(integration, scopes.fixed),
    optionalScopes: describedScopes(integration, scopes.optional).map((scope) => ({
      ...scope,
      wanted: scopes.asked.includes(scope.name),
    })),
    simulated: integration.simulated,
    offersDeviceCode: offersDeviceCode(integration.scheme, request),
    failure: request.failure_code as StatusReasonCode | null,
    returnUrl:
      request.redirect_uri && account && hasEnded
        ? withResult(request.redirect_uri, resultOf(request, account))
        : request.redirect_uri,
    account,
    expiresAt: new Date(request.expires_at),
    renews: null,
    troubledApp: false,
    ...(isOpen && (await openPageFacts(context, request, row))),
  }
}

/** `asked`: for now; a person who goes back may choose anew. */
function scopesOf(request: ConnectionRequestRow): { asked: string[]; fixed: string[]; optional: string[] } {
  const asked = JSON.parse(request.scopes ?? '[]') as string[]
  const optional = JSON.parse(request.optional_scopes ?? '[]') as string[]
  return { asked, fixed: asked.filter((scope) => !optional.includes(scope)), optional }
}

/** A failed attempt to renew leaves the account ACTIVE, but the browser that comes back must hear of the failure. */
const resultOf = (request: ConnectionRequestRow, account: NonNullable<ConnectionView['account']>) =>
  request.status === 'failed' && account.status === 'ACTIVE'
    ? {
        ...account,
        status: 'FAILED' as const,
        statusReason: request.failure_code === null ? null : statusReason(request.failure_code as StatusReasonCode),
      }
    : account

function stateOf(context: Context, request: ConnectionRequestRow): ConnectionView['state'] {
  if (request.status === 'connected') return 'connected'
  if (request.status === 'failed') return request.failure_code === 'link_expired' ? 'expired' : 'failed'
  if (isOverdue(context, request)) return 'expired'
  if (request.status === 'redeeming' || request.status === 'parked') return 'used'
  return request.status === 'authorizing' ? 'in_progress' : 'ready'
}
