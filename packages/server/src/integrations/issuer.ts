import { AppError, type FieldError, invalid } from '../errors.ts'
import { mayBePlainHttp, notSecure } from './definitions.ts'
import type { DiscoverServer } from './types.ts'

/** An app that says no more than who issues its tokens: the server's own metadata is the rest. */
export const namesIssuer = (input: unknown): input is Record<string, unknown> =>
  typeof input === 'object' && input !== null && 'issuer' in input

/**
 * The definition that the issuer's metadata makes; what stands beside `issuer` stays as it is.
 *
 * @param check Throws what is wrong with a definition.
 * @throws {AppError} validation_failed with the field `issuer`, or the field beside it that is wrong.
 * @see RFC 8414, OpenID Connect Discovery 1.0
 */
export async function fromIssuer(
  { issuer, ...rest }: Record<string, unknown>,
  discover: DiscoverServer,
  allowPrivateHosts: readonly string[],
  check: (input: unknown) => unknown,
): Promise<Record<string, unknown>> {
  const url = typeof issuer === 'string' ? URL.parse(issuer) : null
  if (
    typeof issuer !== 'string' ||
    !url ||
    !['https:', 'http:'].includes(url.protocol) ||
    /[?#\s]|\/\/[^/]*@/.test(issuer)
  )
    throw invalid({
      property: 'issuer',
      message: 'an https URL without query, # and user info, as the server writes it',
    })
  if (url.protocol === 'http:' && !mayBePlainHttp(issuer, allowPrivateHosts))
    throw invalid({ property: 'issuer', message: notSecure })
  if (rest.authSchemes !== undefined)
    throw invalid({ property: 'authSchemes', message: 'come from the issuer; leave out the one or the other' })
  const found = await discover(
    issuer,
    typeof rest.name === 'string' ? `Sign in with ${rest.name}`.slice(0, 100) : 'OAuth',
  )
  if ('problem' in found) throw invalid({ property: 'issuer', message: found.problem })
  const definition = {
    ...rest,
    ...(rest.identity === undefined && found.identity !== undefined && { identity: found.identity }),
    authSchemes: [found.scheme],
  }
  try {
    check(definition)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const [first, ...others] = error.fields.map((field) => blamed(field, rest))
    throw first ? invalid(first, ...others) : error
  }
  return definition
}

/** What the operator did not write is the server's word. */
function blamed({ property, message }: FieldError, written: Record<string, unknown>): FieldError {
  const [top = ''] = property.split('.')
  if (top in written || !['authSchemes', 'identity'].includes(top)) return { property, message }
  return { property: 'issuer', message: `its metadata does not fit: ${property}: ${message}` }
}
