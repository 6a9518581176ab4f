import { OAuthError } from './oauth-error.ts'

const contentTypes = { form: 'application/x-www-form-urlencoded', json: 'application/json' } as const

/**
 * Reads a token or revocation request, in one of the formats the app takes.
 * @throws {OAuthError} `invalid_request`; a parameter may come once (RFC 6749 §3.2).
 */
export async function readTokenRequest(
  request: Request,
  formats: readonly (keyof typeof contentTypes)[],
  methods: readonly string[] = ['POST'],
): Promise<Record<string, string>> {
  if (!methods.includes(request.method))
    throw new OAuthError('invalid_request', `this endpoint wants ${methods.join(' or ')}`, 405)
  if (request.method === 'GET') return readForm(new URL(request.url).search)
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  const format = formats.find((name) => contentTypes[name] === type)
  if (format === undefined)
    throw new OAuthError(
      'invalid_request',
      `the body must be ${formats.map((name) => contentTypes[name]).join(' or ')}`,
    )
  const text = await request.text()
  return format === 'json' ? readJson(text) : readForm(text)
}

function readForm(text: string): Record<string, string> {
  const params = new URLSearchParams(text)
  for (const name of params.keys())
    if (params.getAll(name).length > 1) throw new OAuthError('invalid_request', 'a parameter comes more than once')
  return Object.fromEntries(params)
}

function readJson(text: string): Record<string, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OAuthError('invalid_request', 'the body is not a JSON object')
  const texts = Object.entries(value).filter(([, field]) => typeof field === 'string')
  return Object.fromEntries(texts) as Record<string, string>
}
