/** A browser without a window, and the person who clicks in it: cookies are kept, redirects are seen one by one. */
import assert from 'node:assert/strict'

/** What the person does on the simulated consent page. */
export interface Choice {
  answer?: 'approve' | 'deny'
  person?: 1 | 2
  /** Those left ticked; all when absent. */
  scopes?: string[]
}

export interface Visit {
  status: number
  /** Where a redirect leads. */
  location: URL | null
  page: string
  headers: Headers
}

export class Person {
  readonly cookies = new Map<string, string>()

  open(url: string | URL, init: RequestInit = {}): Promise<Visit> {
    return this.#visit(new URL(url), init)
  }

  submit(url: string | URL, form: Record<string, string>): Promise<Visit> {
    const { origin } = new URL(url)
    return this.#visit(new URL(url), { method: 'POST', body: new URLSearchParams(form), headers: { origin } })
  }

  /** Clicks on the connect page. @returns The authorization URL. */
  async agree(redirectUrl: string): Promise<URL> {
    const { location, page } = await this.submit(redirectUrl, { decision: 'continue' })
    assert.ok(location, page)
    return location
  }

  /** Chooses on the simulated consent page. @returns The callback URL, not visited yet. */
  async consent(authorizationUrl: URL, { answer = 'approve', person, scopes }: Choice = {}): Promise<URL> {
    const url = new URL(authorizationUrl)
    url.searchParams.set('simulator', answer)
    if (person) url.searchParams.set('simulator_person', String(person))
    if (scopes) url.searchParams.set('simulator_scopes', scopes.join(' '))
    const { location, page } = await this.open(url)
    assert.ok(location, page)
    return location
  }

  /** All of it. @returns The answer of the callback. */
  async connect(redirectUrl: string, choice?: Choice): Promise<Visit> {
    return this.open(await this.consent(await this.agree(redirectUrl), choice))
  }

  async #visit(url: URL, init: RequestInit): Promise<Visit> {
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0) headers.set('cookie', [...this.cookies].map((pair) => pair.join('=')).join('; '))
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name !== undefined && value !== undefined) this.cookies.set(name, value)
    }
    const location = response.headers.get('location')
    return {
      status: response.status,
      location: location === null ? null : new URL(location, url),
      page: await response.text(),
      headers: response.headers,
    }
  }
}
