import { createHash, createHmac } from 'node:crypto'

/** The call to be signed, as it will be sent. */
export interface AwsRequest {
  method: string
  url: URL
  headers?: Readonly<Record<string, string>> | undefined
  /** The body itself, or where it is large or no text its SHA-256 in lower-case hex. */
  body?: string | { sha256: string } | undefined
}

export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  /** Of temporary credentials. */
  sessionToken?: string | undefined
}

export interface AwsScope {
  region: string
  service: string
  at: Date
}

/**
 * The headers to add to a request to AWS. They hold for about five minutes, for this very request.
 *
 * S3 takes the path as it is and wants the hash of the body in a header; everyone else encodes the path once more.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function awsSignatureHeaders(
  request: AwsRequest,
  credentials: AwsCredentials,
  scope: AwsScope,
): Record<string, string> {
  const time = scope.at.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const bodyHash = typeof request.body === 'object' ? request.body.sha256 : sha256(request.body ?? '')
  const added: Record<string, string> = {
    'x-amz-date': time,
    ...(scope.service === 's3' && { 'x-amz-content-sha256': bodyHash }),
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
  }
  const headers = new Map([['host', request.url.host]])
  for (const [name, value] of [...Object.entries(request.headers ?? {}), ...Object.entries(added)])
    if (!unsigned.has(name.toLowerCase())) headers.set(name.toLowerCase(), value.trim().replace(/\s+/g, ' '))
  const names = [...headers.keys()].sort()
  const canonical = [
    request.method.toUpperCase(),
    canonicalPath(request.url, scope.service),
    canonicalQuery(request.url),
    ...names.map((name) => `${name}:${headers.get(name)}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n')
  const where = [time.slice(0, 8), scope.region, scope.service, 'aws4_request']
  const toSign = ['AWS4-HMAC-SHA256', time, where.join('/'), sha256(canonical)].join('\n')
  const key = where.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`)
  const signature = hmac(key, toSign).toString('hex')
  return {
    ...added,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${where.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}

/** Proxies and HTTP clients change or add these on the way. */
const unsigned = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'transfer-encoding',
  'user-agent',
  'x-amzn-trace-id',
])

function canonicalPath({ pathname }: URL, service: string): string {
  const path = service === 's3' ? pathname : pathname.replace(/\/{2,}/g, '/')
  return path
    .split('/')
    .map((segment) => encoded(service === 's3' ? decoded(segment) : segment))
    .join('/')
}

const canonicalQuery = ({ search }: URL) =>
  search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.replaceAll('+', '%20').split('=')
      return [encoded(decoded(name)), encoded(decoded(value.join('=')))] as const
    })
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

/** A lone % stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** RFC 3986 §2.3: everything but the unreserved characters. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
