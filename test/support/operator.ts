/** An operator's browser as the server sees it: keeps cookies, and says where its requests come from. */
import assert from 'node:assert/strict'
import type { TestServer } from '../../packages/server/src/testing.ts'
import type { Answer } from './api.ts'

export const password = 'nine lorem horses dancing'

export interface SentBy {
  method?: string
  body?: unknown
  /** Sent as it is, in place of `body`. */
  text?: string
  /** Null: none. Absent: the server's own. */
  origin?: string | null
  headers?: Record<string, string>
}

export class OperatorBrowser {
  readonly #url: string
  cookie: string | undefined
  /** The last `set-cookie`, with its attributes. */
  setCookie: string | undefined
  projectId: string | undefined

  constructor(server: Pick<TestServer, 'url'>) {
    this.#url = server.url
  }

  request(path: string, { method = 'GET', body, text, origin, headers = {} }: SentBy = {}): Promise<Response> {
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body))
    const from = origin === undefined ? new URL(this.#url).origin : origin
    return fetch(this.#url + path, {
      method,
      headers: {
        ...(from !== null && method !== 'GET' && { origin: from }),
        ...(this.cookie !== undefined && { cookie: this.cookie }),
        ...(this.projectId !== undefined && { 'x-holdfast-project': this.projectId }),
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
    })
  }

  // biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests find out
  async send<Body = any>(path: string, sent: SentBy = {}): Promise<Answer<Body>> {
    const response = await this.request(path, sent)
    const setCookie = response.headers.get('set-cookie')
    if (setCookie !== null) {
      this.setCookie = setCookie
      const [pair = ''] = setCookie.split(';')
      this.cookie = /Max-Age=0\b/.test(setCookie) ? undefined : pair
    }
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  get<Body = any>(path: string) {
    return this.send<Body>(path)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  post<Body = any>(path: string, body: unknown = {}) {
    return this.send<Body>(path, { method: 'POST', body })
  }

  signIn(email: string, { password: given = password, totp }: { password?: string; totp?: string } = {}) {
    return this.post('/api/v1/session', { email, password: given, ...(totp !== undefined && { totp }) })
  }
}

export const setupTokenOf = (server: TestServer): string =>
  server.composition.readiness.setup.url?.reveal().split('/').at(-1) ?? ''

/** Makes the owner, who stands in the project of the server's key. */
export async function owner(server: TestServer, email = 'owner@acme.example'): Promise<OperatorBrowser> {
  const browser = new OperatorBrowser(server)
  const setup = { token: setupTokenOf(server), name: 'Olga Owner', email, password }
  const { status, body } = await browser.post('/api/v1/setup', setup)
  assert.equal(status, 200, JSON.stringify(body))
  browser.projectId = server.composition.readiness.project?.id
  return browser
}

/** Somebody who was invited and came. */
export async function invited(
  server: TestServer,
  by: OperatorBrowser,
  role: 'owner' | 'admin' | 'viewer',
  email = `${role}@acme.example`,
): Promise<OperatorBrowser> {
  const invitation = await by.post('/api/v1/operatorInvites', { email, role })
  assert.equal(invitation.status, 200, JSON.stringify(invitation.body))
  const browser = new OperatorBrowser(server)
  const token = String(invitation.body.url).split('/').at(-1)
  const accepted = await browser.post(`/api/v1/operatorInvites/${token}/acceptance`, { name: `A ${role}`, password })
  assert.equal(accepted.status, 200, JSON.stringify(accepted.body))
  browser.projectId = by.projectId
  return browser
}
