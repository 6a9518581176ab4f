import { createHmac, createSign, createVerify, timingSafeEqual } from 'node:crypto'

/** RFC 5849 §3.4; HMAC-SHA256 is what apps use beside it. */
export const oauth1SignatureMethods = ['HMAC-SHA1', 'HMAC-SHA256', 'RSA-SHA1', 'PLAINTEXT'] as const
export type OAuth1SignatureMethod = (typeof oauth1SignatureMethods)[number]

/** The call to be signed, as it will be sent. */
export interface OAuth1Request {
  method: string
  url: URL
  /** The fields of a form body; no other body is signed (RFC 5849 §3.4.1.3.1). */
  form?: URLSearchParams | undefined
}

export interface OAuth1Credentials {
  consumerKey: string
  /** With RSA-SHA1: the private key, PEM. */
  consumerSecret: string
  /** The request token or the access token; absent when asking for a request token. */
  token?: string | undefined
  tokenSecret?: string | undefined
}

export interface OAuth1Options {
  signatureMethod: OAuth1SignatureMethod
  /** Used once with this timestamp. */
  nonce: string
  timestampSeconds: number
  realm?: string | undefined
  /** `oauth_callback` or `oauth_verifier`. */
  extra?: Readonly<Record<string, string>> | undefined
}

type Pair = readonly [name: string, value: string]

/**
 * The value of the Authorization header that signs a request.
 * @see RFC 5849 §3.5.1
 */
export function oauth1Header(request: OAuth1Request, credentials: OAuth1Credentials, options: OAuth1Options): string {
  const parameters: Pair[] = [
    ['oauth_consumer_key', credentials.consumerKey],
    ...(credentials.token === undefined ? [] : [['oauth_token', credentials.token] as const]),
    ['oauth_signature_method', options.signatureMethod],
    ['oauth_timestamp', String(options.timestampSeconds)],
    ['oauth_nonce', options.nonce],
    ['oauth_version', '1.0'],
    ...Object.entries(options.extra ?? {}),
  ]
  const signature = oauth1Signature(oauth1BaseString(request, parameters), options.signatureMethod, credentials)
  const written = [...parameters, ['oauth_signature', signature] as const]
  const realm = options.realm === undefined ? [] : [`realm="${options.realm.replace(/["\\]/g, '\\$&')}"`]
  return `OAuth ${[...realm, ...written.map(([name, value]) => `${encoded(name)}="${encoded(value)}"`)].join(', ')}`
}

/**
 * What is signed: method, address and every parameter of query, form body and protocol.
 * @see RFC 5849 §3.4.1
 */
export function oauth1BaseString({ method, url, form }: OAuth1Request, protocol: Iterable<Pair>): string {
  const all: Pair[] = [...url.searchParams, ...(form ?? []), ...protocol]
  const parameters = all
    .filter(([name]) => name !== 'oauth_signature')
    .map(([name, value]): Pair => [encoded(name), encoded(value)])
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  return [method.toUpperCase(), `${url.origin}${url.pathname}`, parameters].map(encoded).join('&')
}

/** @see RFC 5849 §3.4.2 to §3.4.4 */
export function oauth1Signature(
  baseString: string,
  method: OAuth1SignatureMethod,
  { consumerSecret, tokenSecret = '' }: Pick<OAuth1Credentials, 'consumerSecret' | 'tokenSecret'>,
): string {
  if (method === 'RSA-SHA1') return createSign('RSA-SHA1').update(baseString).sign(consumerSecret, 'base64')
  const key = `${encoded(consumerSecret)}&${encoded(tokenSecret)}`
  if (method === 'PLAINTEXT') return key
  return createHmac(method === 'HMAC-SHA1' ? 'sha1' : 'sha256', key)
    .update(baseString)
    .digest('base64')
}

/**
 * Whether a signature that came in is the one the caller's secrets make.
 *
 * @param consumerSecret With RSA-SHA1: the public or the private key, PEM.
 * @see RFC 5849 §3.2
 */
export function oauth1Verifies(
  signature: string,
  baseString: string,
  method: OAuth1SignatureMethod,
  secrets: Pick<OAuth1Credentials, 'consumerSecret' | 'tokenSecret'>,
): boolean {
  if (method === 'RSA-SHA1')
    return createVerify('RSA-SHA1').update(baseString).verify(secrets.consumerSecret, signature, 'base64')
  const expected = Buffer.from(oauth1Signature(baseString, method, secrets))
  const came = Buffer.from(signature)
  return expected.length === came.length && timingSafeEqual(expected, came)
}

/**
 * The parameters of an `Authorization: OAuth …` header, realm left out.
 *
 * @returns Undefined when it is none, or when a parameter comes twice.
 * @see RFC 5849 §3.5.1
 */
export function parseOAuth1Header(header: string | undefined): Map<string, string> | undefined {
  const list = /^OAuth\s+(.*)$/is.exec(header ?? '')?.[1]
  if (list === undefined) return undefined
  const found = new Map<string, string>()
  for (const [, name = '', value = ''] of list.matchAll(/([^\s=,"]+)="((?:[^"\\]|\\.)*)"/g)) {
    if (found.has(name)) return undefined
    if (name.toLowerCase() === 'realm') continue
    try {
      found.set(decodeURIComponent(name), decodeURIComponent(value))
    } catch {
      return undefined
    }
  }
  return found
}

/** @see RFC 5849 §3.6 */
const encoded = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** Byte order: both sides are ASCII by now. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
