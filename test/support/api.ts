/** The API as a script calls it: every answer with its status, nothing thrown, nothing retried. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ConnectedAccount, Integration, SimulatorScript, SimulatorState } from '../../packages/sdk/src/types.ts'
import type { TestServer } from '../../packages/server/src/testing.ts'
import { type Choice, Person } from './person.ts'

export interface Answer<Body> {
  status: number
  headers: Headers
  body: Body
}

export interface Initiated {
  connectionStatus: string
  connectedAccountId: string
  redirectUrl: string | null
}

export interface Refusal {
  status: number
  name: string
  type: string
  code: string
  message: string
  error: string
  fix: string
  requestId: string
  errors: { property: string; message: string }[]
  details: { property: string; message: string }[]
}

export type Api = ReturnType<typeof apiOf>

/** @param key A project's key, or the operator's. */
export function apiOf(server: Pick<TestServer, 'url' | 'apiKey'>, key: string = server.apiKey) {
  async function send<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    const headers = { 'x-api-key': key, ...(body !== undefined && { 'content-type': 'application/json' }) }
    const response = await fetch(server.url + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
  }

  const api = {
    get: <Body>(path: string) => send<Body>('GET', path),
    post: <Body>(path: string, body?: unknown) => send<Body>('POST', path, body ?? {}),
    patch: <Body>(path: string, body: unknown) => send<Body>('PATCH', path, body),
    delete: <Body>(path: string) => send<Body>('DELETE', path),

    async account(id: string): Promise<ConnectedAccount> {
      return ok(await api.get<ConnectedAccount>(`/api/v1/connectedAccounts/${id}`))
    },
    /** The answer as it is: reading auth params may rightly be refused. */
    info: <Body = AuthParamsAnswer>(id: string) => api.get<Body>(`/api/v1/connectedAccounts/${id}/info`),

    async script(id: string, script: SimulatorScript = {}): Promise<SimulatorState> {
      const path = `/api/v1/connectedAccounts/${id}/simulator`
      return ok(await api.post<{ state: SimulatorState }>(path, script)).state
    },
    /** Resolves when the failure that was scripted for one token call is in its course. */
    async untilTokenCall(id: string): Promise<void> {
      for (let looks = 0; looks < 500; looks++) if ((await api.script(id)).pendingFailures === 0) return
      assert.fail('the app was not asked for a token')
    },
    async initiate(body: Record<string, unknown>): Promise<Initiated> {
      return ok(await api.post<Initiated>('/api/v1/connectedAccounts', { entityId: newEntity(), ...body }))
    },
    async defaultIntegration(app: string): Promise<Integration> {
      const { items } = ok(await api.get<{ items: Integration[] }>(`/api/v1/integrations?appName=${app}`))
      const [first] = items
      assert.ok(first, `${app} has no integration`)
      return first
    },
    /** Initiates and plays the person, up to the connected account. */
    async connect(body: Record<string, unknown>, choice?: Choice): Promise<ConnectedAccount> {
      const initiated = await api.initiate(body)
      if (initiated.redirectUrl !== null) await new Person().connect(initiated.redirectUrl, choice)
      const account = await api.account(initiated.connectedAccountId)
      assert.equal(account.status, 'ACTIVE', JSON.stringify(account.statusReason))
      return account
    },
  }
  return api
}

export interface AuthParamsAnswer {
  base_url: string
  params: { name: string; in: 'header' | 'query'; value: string }[]
  parameters: AuthParamsAnswer['params']
  body: Record<string, string>
}

export function ok<Body>({ status, body }: Answer<Body>): Body {
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

/** A refusal has one shape everywhere; what differs is the code and the field. */
export function assertRefused(
  { status, headers, body }: Answer<unknown>,
  expected: { status: number; code: string; field?: string },
): Refusal {
  const refusal = body as Refusal
  assert.deepEqual(
    { status, code: refusal.code, ...(expected.field !== undefined && { field: refusal.errors[0]?.property }) },
    expected,
    JSON.stringify(refusal),
  )
  assert.equal(refusal.status, status)
  assert.equal(refusal.requestId, headers.get('x-request-id'))
  assert.deepEqual(refusal.details, refusal.errors)
  for (const text of [refusal.requestId, refusal.message, refusal.error, refusal.fix, refusal.errors[0]?.message])
    assert.ok(text, JSON.stringify(refusal))
  return refusal
}

/** Nobody else's accounts are in its lists. */
export const newEntity = () => `user-${randomUUID()}`

/** @returns The value of the one header that carries the credential. */
export function tokenIn({ params }: Pick<AuthParamsAnswer, 'params'>): string {
  const [param] = params
  assert.ok(param)
  return param.value
}
