import type { AppDefinitionInput } from '@holdfast/catalog'
import type { Fetch } from '../egress/types.ts'
import { parseBody } from './body.ts'

type SchemeInput = Extract<AppDefinitionInput['authSchemes'][number], { scheme: 'OAUTH2' }>

/** What an authorization server says of itself, as the parts of an app definition. */
export interface DiscoveredServer {
  scheme: SchemeInput
  identity: AppDefinitionInput['identity']
}

/**
 * Reads an authorization server's metadata at its issuer URL.
 *
 * @returns A problem in words for the operator when there is none, or when this is not a server that we can talk to.
 * @see RFC 8414 §3, OpenID Connect Discovery 1.0 §4
 */
export async function discoverServer(
  fetch: Fetch,
  issuer: string,
  label: string,
): Promise<DiscoveredServer | { problem: string }> {
  let problem: string | undefined
  for (const url of metadataUrls(issuer)) {
    const answer = await fetch(url, { headers: { accept: 'application/json' } }).catch(() => undefined)
    if (!answer) continue
    const metadata = answer.status === 200 ? parseBody(await answer.text()) : undefined
    if (metadata) return read(new Metadata(metadata), issuer, label)
    problem ??= `has no metadata: ${url.pathname} answered with status ${answer.status}${answer.status === 200 ? ' and no JSON' : ''}`
  }
  return {
    problem: problem ?? 'could not be reached; a private address must be listed in HOLDFAST_ALLOW_PRIVATE_HOSTS',
  }
}

/** OpenID Connect appends its path to the issuer, RFC 8414 §3.1 puts its own before the issuer's. */
function metadataUrls(issuer: string): URL[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
    `${path}/.well-known/oauth-authorization-server`,
  ].map((each) => new URL(origin + each))
}

function read(metadata: Metadata, issuer: string, label: string): DiscoveredServer | { problem: string } {
  // RFC 8414 §3.3: identical, or anybody could describe somebody else's server.
  if (metadata.text('issuer') !== issuer)
    return {
      problem: `is not the issuer that the server names, ${JSON.stringify(metadata.text('issuer') ?? null)}; give exactly that`,
    }
  const authorizationEndpoint = metadata.text('authorization_endpoint')
  const tokenEndpoint = metadata.text('token_endpoint')
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined)
    return { problem: 'names no authorization_endpoint or no token_endpoint in its metadata' }
  if (metadata.list('response_types_supported')?.includes('code') === false)
    return { problem: 'does not support response_type code (response_types_supported)' }
  if (metadata.list('grant_types_supported')?.includes('authorization_code') === false)
    return { problem: 'does not support the grant authorization_code (grant_types_supported)' }
  const authMethod = authMethods.find((method) =>
    (metadata.list('token_endpoint_auth_methods_supported') ?? ['client_secret_basic']).includes(method),
  )
  if (!authMethod)
    return {
      problem: `authenticates clients by none of ${authMethods.join(', ')} (token_endpoint_auth_methods_supported)`,
    }

  const scopes = metadata.list('scopes_supported') ?? []
  const isOffline = scopes.includes('offline_access')
  const userinfo = scopes.includes('openid') ? metadata.text('userinfo_endpoint') : undefined
  const challenges = metadata.list('code_challenge_methods_supported')
  const deviceEndpoint = metadata.text('device_authorization_endpoint')
  const revocationEndpoint = metadata.text('revocation_endpoint')
  return {
    scheme: {
      scheme: 'OAUTH2',
      label,
      issuer,
      issuerRequired: metadata.flag('authorization_response_iss_parameter_supported'),
      authorizationEndpoint,
      tokenEndpoint,
      ...(revocationEndpoint !== undefined && { revocationEndpoint }),
      ...(deviceEndpoint !== undefined && { deviceAuthorizationEndpoint: deviceEndpoint }),
      tokenEndpointAuthMethod: authMethod,
      // A server that does not know PKCE ignores it (RFC 6749 §3.1); one that names other methods only would refuse it.
      codeChallengeMethod: challenges === undefined || challenges.includes('S256') ? 'S256' : 'none',
      // OpenID Connect Core 1.0 §11 wants consent for offline access.
      ...(isOffline && { authorizationParams: { prompt: 'consent' } }),
      scopes: {
        default: ['openid', 'profile', 'email'].filter((scope) => scopes.includes(scope)),
        required: isOffline ? ['offline_access'] : [],
      },
    },
    identity:
      userinfo === undefined
        ? undefined
        : { url: userinfo, id: 'sub', name: 'name', email: 'email', avatar: 'picture' },
  }
}

/** Those we speak, the safest first. */
const authMethods = ['client_secret_basic', 'client_secret_post', 'none'] as const

class Metadata {
  readonly #fields: Record<string, unknown>

  constructor(fields: Record<string, unknown>) {
    this.#fields = fields
  }

  text(name: string): string | undefined {
    const value = this.#fields[name]
    return typeof value === 'string' ? value : undefined
  }

  list(name: string): string[] | undefined {
    const value = this.#fields[name]
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
  }

  flag(name: string): boolean {
    return this.#fields[name] === true
  }
}
