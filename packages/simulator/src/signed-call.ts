import type { AuthScheme } from '@holdfast/catalog'
import type { Address } from './address.ts'
import { agrees } from './grants.ts'
import { oauth1Proof } from './oauth1.ts'
import { readTemplate } from './template-reader.ts'
import type { SimulatorOptions } from './types.ts'

/**
 * What a signature proves: the token that a person granted here, or keys that were made by hand. Nobody here knows the
 * secrets of those, so of their signatures only the form is checked.
 */
export type SignedProof = { grantToken: string } | { keys: string[] }

type SigningScheme = Extract<AuthScheme, { scheme: 'OAUTH1' | 'API_KEY' }>

/** Whether calls are signed with the credential instead of carrying it. */
export const isSigning = (scheme: AuthScheme): scheme is SigningScheme =>
  scheme.scheme === 'OAUTH1' || (scheme.scheme === 'API_KEY' && scheme.signing !== undefined)

/** @returns Undefined when the signature is missing or no good. */
export function signedProof(
  options: SimulatorOptions,
  scheme: SigningScheme,
  address: Address,
  values: Readonly<Record<string, string>>,
  request: Request,
): Promise<SignedProof | undefined> {
  return scheme.scheme === 'OAUTH1'
    ? oauth1Proof(options, scheme, address, request)
    : Promise.resolve(awsProof(options, scheme, values, request.headers))
}

/** AWS refuses requests that are 15 minutes old. */
const maxSkewMs = 15 * 60_000

/** The parts of AWS's Authorization header: credential scope, signed headers, signature. */
const awsHeader =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$/

function awsProof(
  { clock }: SimulatorOptions,
  { signing }: Extract<AuthScheme, { scheme: 'API_KEY' }>,
  values: Readonly<Record<string, string>>,
  headers: Headers,
): SignedProof | undefined {
  const [, keyId, day, region, service, signed] = awsHeader.exec(headers.get('authorization') ?? '') ?? []
  if (!signing || keyId === undefined || signed === undefined) return undefined
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers.get('x-amz-date') ?? '')
  if (!date || date.slice(1, 4).join('') !== day) return undefined
  const [year, month, dayOfMonth, hour, minute, second] = date.slice(1).map(Number) as number[] & { length: 6 }
  const at = Date.UTC(year ?? 0, (month ?? 1) - 1, dayOfMonth, hour, minute, second)
  if (Math.abs(clock.now().getTime() - at) > maxSkewMs) return undefined
  const names = signed.split(';')
  if (!names.includes('host') || !names.every((name) => name === 'host' || headers.has(name))) return undefined
  // A signature for one region or service is no good at another.
  for (const [template, text] of [[signing.region, region] as const, [signing.service, service] as const]) {
    const found = readTemplate(template, text ?? '')
    if (!found || !agrees(values, found)) return undefined
  }
  return { keys: [keyId] }
}
