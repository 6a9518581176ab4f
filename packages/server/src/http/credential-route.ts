import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CurrentCredentials } from '../accounts/types.ts'
import { errorCodes } from '../errors.ts'
import { isId } from '../ids.ts'
import type { Metrics } from '../metrics.ts'
import type { Project } from '../projects/types.ts'
import { answerHeaderValues } from './answer-headers.ts'
import { keyIn, longestKey } from './caller.ts'
import type { ApiDependencies } from './context.ts'
import { errorBody } from './errors.ts'
import { type Answer, type AnswerChanges, createKeptAnswers, identityName } from './kept-answers.ts'
import { accountBody, authParamsBody } from './present.ts'
import { type RateLimits, type RateVerdict, rateLimitOf, tooOften } from './rate-limits.ts'
import { logRequest, requestIdFrom } from './request-log.ts'
import { addressOf } from './visit.ts'

export interface CredentialRouteDependencies
  extends Pick<
    ApiDependencies,
    'accounts' | 'projects' | 'baseUrl' | 'clock' | 'credentialReads' | 'limits' | 'log' | 'trustedProxies'
  > {
  changes: AnswerChanges
  metrics: Pick<Metrics, 'requestEnded'>
  /** How much of what was opened may stay in memory, and for how long. 0: nothing does. */
  cache: { maxBytes: number; maxAgeMs: number }
}

/** @param otherwise Answers the request; called at most once, and before anything was done with it. */
export type CredentialRoute = (request: IncomingMessage, response: ServerResponse, otherwise: () => void) => void

const prefix = '/api/v1/connectedAccounts/'
const idLength = 36
const routes = {
  account: '/api/v1/connectedAccounts/:id',
  authParams: '/api/v1/connectedAccounts/:id/info',
} as const
type Kind = keyof typeof routes

/** Stands in the JSON text for the seconds until the token ends. Random, so that no credential holds it. */
const movingPart = `moving-part-${randomUUID()}`

/**
 * The short way of the two reads that every call to an app begins with. It answers what is simple: a key that was good a
 * moment ago and that nothing limits, an account that is ACTIVE, enabled and fresh. Everything else, and every refusal,
 * is `otherwise`: the routes of `connected-accounts.ts`, whose answers these are, byte for byte.
 */
export function createCredentialRoute(dependencies: CredentialRouteDependencies): CredentialRoute {
  const { accounts, projects, baseUrl, clock, credentialReads, limits, log, metrics, trustedProxies } = dependencies
  const fixedHeaders = ['content-type', 'application/json', ...Object.entries(answerHeaderValues(baseUrl)).flat()]
  const kept = createKeptAnswers({ changes: dependencies.changes, ...dependencies.cache })

  return function answer(request, response, otherwise) {
    const { url = '' } = request
    const kind = kindOf(request.method, url)
    if (kind === undefined) return otherwise()
    const { headers } = request
    const key = isSimple(headers) ? keyIn(one(headers['x-api-key']), headers.authorization) : undefined
    const caller = key !== undefined && key.length <= longestKey ? projects.knownCaller(key) : undefined
    if (!caller || caller.access !== undefined) return otherwise()

    const begun = performance.now()
    const { project, keyId } = caller
    const verdict = limits.take('reads', keyId)
    // The routes count it themselves.
    const elsewhere = () => {
      limits.giveBack('reads', keyId)
      otherwise()
    }
    const id = url.slice(prefix.length, prefix.length + idLength)

    const send = (found: Answer, now: number) => {
      const ip = addressOf(request.socket.remoteAddress, one(headers['x-forwarded-for']), trustedProxies)
      const recorded = credentialReads.record({ projectId: project.id, keyId, accountId: id, at: now, ip })
      if (recorded) recorded.then(() => finish(found, now), elsewhere)
      else finish(found, now)
    }

    const finish = (found: Answer, now: number) => {
      const requestId = requestIdFrom(one(headers['x-request-id']))
      write(response, found, now, [...fixedHeaders, ...limitHeaders(limits, verdict), 'x-request-id', requestId])
      const seconds = (performance.now() - begun) / 1000
      const ended = { method: 'GET', route: routes[kind], status: 200, seconds }
      metrics.requestEnded(ended.method, ended.route, ended.status, seconds)
      logRequest(log, { requestId, ...ended, projectId: project.id, code: undefined })
    }

    // Here as well, since a key that asks far too often must cost less than the answers to others.
    const refuse = (verdict: RateVerdict) => {
      const requestId = requestIdFrom(one(headers['x-request-id']))
      const error = tooOften(verdict)
      const { status } = errorCodes[error.code]
      const text = JSON.stringify(errorBody(error, requestId))
      response.writeHead(status, [
        ...fixedHeaders,
        ...limitHeaders(limits, verdict),
        'retry-after',
        String(error.retryAfterSeconds),
        'x-request-id',
        requestId,
        'content-length',
        String(Buffer.byteLength(text)),
      ])
      response.end(text)
      const seconds = (performance.now() - begun) / 1000
      const ended = { method: 'GET', route: routes[kind], status, seconds }
      metrics.requestEnded(ended.method, ended.route, ended.status, seconds)
      logRequest(log, { requestId, ...ended, projectId: project.id, code: error.code })
    }

    if (verdict && !verdict.isAllowed) return refuse(verdict)
    const now = clock.now().getTime()
    // Who calls was found because changes are current, a moment ago in which nothing else ran.
    const found = kept.find(id + kind, now)
    if (found) return found.projectId === project.id ? send(found, now) : elsewhere()
    const reading = kept.begin(id)
    accounts
      .current(project.id, id)
      .then((current) => {
        if (!current) return elsewhere()
        const now = clock.now().getTime()
        // It may have come near its end, or ended, while it was read.
        if (current.goodUntil <= now) return elsewhere()
        const answer =
          kind === 'account' ? accountAnswer(current, project, baseUrl) : authParamsAnswer(current, project)
        reading.keep(id + kind, answer, now)
        send(answer, now)
      })
      .catch(() => (response.headersSent ? response.destroy() : elsewhere()))
      .finally(() => reading.end())
  }
}

function kindOf(method: string | undefined, url: string): Kind | undefined {
  if (method !== 'GET' || !url.startsWith(prefix)) return undefined
  const end = prefix.length + idLength
  const kind =
    url.length === end ? 'account' : url.length === end + 5 && url.endsWith('/info') ? 'authParams' : undefined
  return kind !== undefined && isId(url.slice(prefix.length, end)) ? kind : undefined
}

/** Neither a body nor a page of a browser, which the routes have rules for. */
const isSimple = (headers: IncomingMessage['headers']): boolean =>
  headers['content-length'] === undefined &&
  headers['transfer-encoding'] === undefined &&
  headers.origin === undefined &&
  headers.expect === undefined

const one = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined

function accountAnswer(current: CurrentCredentials, project: Project, baseUrl: string): Answer {
  const { account, connectionParams, authParams, duplicateOf, identityId } = current
  const isMoving = account.expiresAt !== null && 'expires_in' in connectionParams
  const shown = isMoving ? { ...connectionParams, expires_in: movingPart } : connectionParams
  const text = JSON.stringify(
    accountBody(account, project, baseUrl, duplicateOf, { connectionParams: shown, authParams }),
  )
  return {
    ...cut(text, isMoving),
    projectId: project.id,
    expiresAt: account.expiresAt?.getTime() ?? 0,
    goodUntil: current.goodUntil,
    identity: identityId === null ? undefined : identityName(project.id, account.appKey, identityId),
  }
}

function authParamsAnswer({ authParams, goodUntil }: CurrentCredentials, project: Project): Answer {
  const text = JSON.stringify(authParamsBody(authParams))
  return { ...cut(text, false), projectId: project.id, expiresAt: 0, goodUntil, identity: undefined }
}

function cut(text: string, isMoving: boolean): Pick<Answer, 'head' | 'tail' | 'byteLength'> {
  const [head = '', tail] = isMoving ? text.split(movingPart) : [text]
  return { head, tail: tail ?? null, byteLength: Buffer.byteLength(head) + Buffer.byteLength(tail ?? '') }
}

const limitHeaders = (limits: RateLimits, verdict: RateVerdict | undefined): string[] =>
  verdict ? ['ratelimit-policy', limits.policy('reads'), 'ratelimit', rateLimitOf('reads', verdict)] : []

function write(
  response: ServerResponse,
  { head, tail, byteLength, expiresAt }: Answer,
  now: number,
  headers: readonly string[],
) {
  const seconds = tail === null ? '' : String(Math.max(0, Math.floor((expiresAt - now) / 1000)))
  response.writeHead(200, [...headers, 'content-length', String(byteLength + seconds.length)])
  // Only ASCII takes as many bytes as characters, and is written with less work as Latin-1.
  const isAscii = byteLength === head.length + (tail?.length ?? 0)
  response.end(tail === null ? head : head + seconds + tail, isAscii ? 'latin1' : 'utf8')
}
