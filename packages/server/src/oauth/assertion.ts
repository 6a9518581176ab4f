import { createHash, createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import {
  type Assertion,
  type KeyFileScheme,
  renderText,
  renderUrl,
  type ServiceAccountScheme,
  templateNames,
} from '@holdfast/catalog'
import { SignJWT } from 'jose'
import { isFields } from './body.ts'
import { KeyProblem, type Provider } from './types.ts'

/** The two clocks may differ a little, and most servers refuse what was made in their future. */
const backdatedSeconds = 30

export interface SignedAssertion {
  jwt: string
  expiresInSeconds: number
}

/**
 * A JWT signed with the key that the person gave (RFC 7515, RFC 7523 §3).
 *
 * @throws {KeyProblem} when the key cannot be read or is of the wrong kind. @throws {TemplateError}
 */
export async function signAssertion({ scheme, values, now }: Provider<ServiceAccountScheme>): Promise<SignedAssertion> {
  const { assertion } = scheme
  const key = readKey(assertion, values[assertion.key] ?? '')
  const known = { ...values, ...fingerprintOf(key) }
  const optional = new Set(scheme.params.filter((param) => !param.required).map((param) => param.name))
  return sign({
    key,
    keyParam: assertion.key,
    algorithm: assertion.algorithm,
    header: filled(assertion.header, known, optional),
    claims: filled(assertion.claims, known, optional),
    lifetimeSeconds: assertion.lifetimeSeconds,
    now: now?.() ?? new Date(),
  })
}

/**
 * The assertion of a service account whose key is a JSON file.
 *
 * @param scopes What it asks for.
 * @throws {KeyProblem} when the file is not one, or its key cannot be read.
 */
export async function signForKeyFile(
  { scheme, values, now }: Provider<KeyFileScheme>,
  scopes: readonly string[],
): Promise<string> {
  const file = readKeyFile(scheme.keyFile, values[scheme.keyFile] ?? '')
  const subject = scheme.subject === undefined ? undefined : values[scheme.subject]
  const { jwt } = await sign({
    key: readKey({ key: scheme.keyFile, keyFormat: 'pem' }, file.privateKey),
    keyParam: scheme.keyFile,
    algorithm: 'RS256',
    header: file.privateKeyId === undefined ? {} : { kid: file.privateKeyId },
    claims: {
      iss: file.clientEmail,
      // The audience is the server's own name for itself, wherever it is reached.
      aud: renderUrl(scheme.tokenEndpoint, values).href,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...(subject && { sub: subject }),
    },
    lifetimeSeconds: 3600,
    now: now?.() ?? new Date(),
  })
  return jwt
}

async function sign(from: {
  key: KeyObject
  keyParam: string
  algorithm: Assertion['algorithm']
  header: Record<string, string>
  claims: Record<string, string>
  lifetimeSeconds: number
  now: Date
}): Promise<SignedAssertion> {
  const issuedAt = Math.floor(from.now.getTime() / 1000) - backdatedSeconds
  try {
    const jwt = await new SignJWT(from.claims)
      .setProtectedHeader({ typ: 'JWT', ...from.header, alg: from.algorithm })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + from.lifetimeSeconds)
      .sign(from.key)
    return { jwt, expiresInSeconds: from.lifetimeSeconds - backdatedSeconds }
  } catch (cause) {
    throw new KeyProblem(from.keyParam, `is no key for ${from.algorithm}`, { cause })
  }
}

/** A claim that is made of an optional param which has no value is left out. */
function filled(
  templates: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
  optional: ReadonlySet<string>,
): Record<string, string> {
  const isAbsent = (name: string) => optional.has(name) && !Object.hasOwn(values, name)
  return Object.fromEntries(
    Object.entries(templates)
      .filter(([, text]) => !templateNames(text).some(isAbsent))
      .map(([name, text]) => [name, renderText(text, values)]),
  )
}

/** SHA-256 of the public key (SPKI, DER) in base64. */
const fingerprintOf = (key: KeyObject): Record<string, string> =>
  key.type === 'private'
    ? {
        public_key_fingerprint: createHash('sha256')
          .update(createPublicKey(key).export({ type: 'spki', format: 'der' }))
          .digest('base64'),
      }
    : {}

function readKey({ key: param, keyFormat }: Pick<Assertion, 'key' | 'keyFormat'>, text: string): KeyObject {
  if (keyFormat !== 'pem') {
    const encoding = keyFormat === 'text' ? 'utf8' : keyFormat
    const bytes = Buffer.from(text, encoding)
    const isWhole = keyFormat !== 'hex' || bytes.length * 2 === text.length
    if (bytes.length === 0 || !isWhole) throw new KeyProblem(param, `is not ${keyFormat}`)
    return createSecretKey(bytes)
  }
  try {
    return createPrivateKey(inLines(text))
  } catch (cause) {
    throw new KeyProblem(param, 'is not a private key in PEM: -----BEGIN PRIVATE KEY-----', { cause })
  }
}

/** PEM whose line ends were lost on the way, or were written as `\n`. */
function inLines(text: string): string {
  const found = /^\s*-----BEGIN ([A-Z ]+)-----(.*)-----END \1-----\s*$/s.exec(text.replaceAll('\\n', '\n'))
  if (!found) return text
  const body = (found[2] ?? '').replace(/\s+/g, '')
  return `-----BEGIN ${found[1]}-----\n${body.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${found[1]}-----\n`
}

/** What of a key file is used. Its addresses are not: a pasted file decides nothing about where tokens are fetched. */
interface KeyFile {
  clientEmail: string
  privateKey: string
  privateKeyId: string | undefined
}

function readKeyFile(param: string, text: string): KeyFile {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    throw new KeyProblem(param, 'is not JSON: paste the whole key file')
  }
  const { client_email, private_key, private_key_id } = isFields(file) ? file : {}
  if (typeof client_email !== 'string' || client_email === '')
    throw new KeyProblem(param, 'has no client_email: paste the key file of a service account')
  if (typeof private_key !== 'string')
    throw new KeyProblem(param, 'has no private_key: paste the key file of a service account')
  return {
    clientEmail: client_email,
    privateKey: private_key,
    privateKeyId: typeof private_key_id === 'string' ? private_key_id : undefined,
  }
}
