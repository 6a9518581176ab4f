/** The API of a server in this process, with one project's key. */
export interface Api {
  get<Body>(path: string): Promise<Body>
  post<Body>(path: string, body?: unknown): Promise<Body>
  patch<Body>(path: string, body: unknown): Promise<Body>
}

/** @throws With the server's own words when it refuses. */
export function apiOf(fetch: (request: Request) => Response | Promise<Response>, baseUrl: string, key: string): Api {
  async function call<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const headers = { 'x-api-key': key, 'content-type': 'application/json' }
    const answer = await fetch(
      new Request(`${baseUrl}/api/v1${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} was refused with ${answer.status}: ${text}`)
    return JSON.parse(text) as Body
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body = {}) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
  }
}
