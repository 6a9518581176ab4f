/** A person at the connect page and at the simulated app, without a browser. */

type Fetch = (request: Request) => Response | Promise<Response>

/** What the person decides at the app; `undefined`: they never come back from it. */
export interface Decision {
  answer: 'approve' | 'deny'
  person: 1 | 2
  /** Those left ticked; all when absent. */
  scopes?: readonly string[]
}

/** Opens the connect page, agrees, and decides at the app. @throws When a page is not what it should be. */
export async function visit(fetch: Fetch, connectUrl: string, decision: Decision | undefined): Promise<void> {
  const cookies = new Map<string, string>()
  const open = async (url: URL, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (cookies.size > 0) headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '))
    const response = await fetch(new Request(url, { ...init, headers, redirect: 'manual' }))
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name !== undefined && value !== undefined) cookies.set(name, value)
    }
    return response
  }

  const page = new URL(connectUrl)
  const form = new URLSearchParams({ decision: 'continue' })
  const consent = locationOf(await open(page, { method: 'POST', body: form, headers: { origin: page.origin } }), page)
  if (!decision) return
  consent.searchParams.set('simulator', decision.answer)
  consent.searchParams.set('simulator_person', String(decision.person))
  if (decision.scopes) consent.searchParams.set('simulator_scopes', decision.scopes.join(' '))
  await open(locationOf(await open(consent), consent))
}

function locationOf(response: Response, base: URL): URL {
  const location = response.headers.get('location')
  if (location === null) throw new Error(`${base.pathname} answered ${response.status} and led nowhere`)
  return new URL(location, base)
}
