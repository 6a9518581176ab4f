import { createHmac, timingSafeEqual } from 'node:crypto'

/** How an app signs the parameters with which it sends a browser back. */
export interface CallbackSignature {
  /** The parameter that holds the signature. */
  parameter: string
  algorithm: 'HMAC-SHA256' | 'HMAC-SHA1'
  encoding: 'hex' | 'base64'
}

/** The signature of all parameters but itself: sorted by name, `name=value`, joined with `&`. The key is the client secret. */
export function signedCallback(
  params: URLSearchParams,
  { parameter, algorithm, encoding }: CallbackSignature,
  secret: string,
): string {
  const message = [...params]
    .filter(([name]) => name !== parameter)
    .map(([name, value]): [string, string] => [escaped(name).replaceAll('=', '%3D'), escaped(value)])
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join('='))
    .join('&')
  return createHmac(algorithm === 'HMAC-SHA1' ? 'sha1' : 'sha256', secret)
    .update(message)
    .digest(encoding)
}

/** Whether a callback carries the one right signature. */
export function isSignedCallback(params: URLSearchParams, signature: CallbackSignature, secret: string): boolean {
  const given = params.getAll(signature.parameter)
  const came = signature.encoding === 'hex' ? given[0]?.toLowerCase() : given[0]
  const expected = Buffer.from(signedCallback(params, signature, secret))
  const found = Buffer.from(came ?? '')
  return given.length === 1 && expected.length === found.length && timingSafeEqual(expected, found)
}

/** What would make one parameter look like two. */
const escaped = (text: string) => text.replaceAll('%', '%25').replaceAll('&', '%26')

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
