import { type AppDefinition, type AuthScheme, integrationParamsOf, learnedParamsOf } from '@holdfast/catalog'

/** What is known of an app and how, in a sentence for its page and the generated table. */
export function proofOf({ sources, unverified }: Pick<AppDefinition, 'sources' | 'unverified'>): string {
  if (unverified)
    return 'One source only, not compared with the vendor’s page. Played by the simulator, not tried live.'
  const agreed =
    sources === undefined
      ? 'Read from the vendor’s page'
      : `${sources} independent sources agree on where it is reached`
  return `${agreed}. Played by the simulator in our tests, not tried live.`
}

/** What is particular about a scheme, one sentence each, from its fields alone. */
export function factsOf(scheme: AuthScheme): string[] {
  const facts: (string | false | undefined)[] = [
    scheme.unverified && 'This way of connecting is known from one source only.',
    scheme.notes,
    ...(scheme.scheme === 'OAUTH2' ? oauthFacts(scheme) : []),
    ...('accessTokenLifetimeSeconds' in scheme ? [lifetimeOf(scheme.accessTokenLifetimeSeconds)] : []),
    ...learnedParamsOf(scheme).map(
      ({ name, from }) => `${name} is not asked for: it is read from ${learnedFrom[from]}.`,
    ),
    integrationParamsOf(scheme).length > 0 && 'The operator fills in a setting of the integration besides the client.',
  ]
  return facts.filter((fact): fact is string => typeof fact === 'string')
}

const learnedFrom = {
  callback: 'the address the person comes back with',
  tokenResponse: 'the token answer',
  call: 'a call right after the exchange',
} as const

const clientAuthentication = {
  client_secret_basic: 'The client proves itself with HTTP Basic.',
  client_secret_post: 'The client’s id and secret are sent in the request.',
  none: 'A public client: there is no secret.',
} as const

function oauthFacts(scheme: Extract<AuthScheme, { scheme: 'OAUTH2' }>): (string | false | undefined)[] {
  const { refresh, scopes } = scheme
  return [
    clientAuthentication[scheme.tokenEndpointAuthMethod],
    scheme.codeChallengeMethod === 'none' && 'Without PKCE.',
    scheme.tokenRequestFormat === 'json' && 'Token requests are JSON.',
    scheme.tokenRequestMethod === 'GET' && 'Token requests are GET requests.',
    scopes.fixedInApp && 'Scopes are chosen where the client is registered.',
    scopes.required.length > 0 && `Without ${scopes.required.join(', ')} there is no refresh token.`,
    scheme.longLivedExchange && 'The first token is traded for a long-lived one at once.',
    scheme.refreshRequest.sends === 'access_token' && 'There is no refresh token: the access token renews itself.',
    refresh.rotates === true && 'Each refresh gives a new refresh token and ends the old one.',
    refresh.graceSeconds > 0 && `A replaced refresh token still works for ${duration(refresh.graceSeconds)}.`,
    lifetimeOf(refresh.accessTokenLifetimeSeconds),
    refresh.refreshTokenLifetimeSeconds !== undefined &&
      `Refresh tokens last ${duration(refresh.refreshTokenLifetimeSeconds)}.`,
    refresh.refreshTokenIdleSeconds !== undefined &&
      `A refresh token that is not used for ${duration(refresh.refreshTokenIdleSeconds)} ends.`,
    (scheme.revocationEndpoint ?? scheme.revocationCall)
      ? 'Tokens are given back when an account is revoked.'
      : 'The app has no call that takes a token back.',
  ]
}

const lifetimeOf = (seconds: number | null | undefined): string | undefined => {
  if (seconds === undefined) return undefined
  return seconds === null ? 'Access tokens do not end.' : `Access tokens last ${duration(seconds)}.`
}

const units: readonly [seconds: number, name: string][] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
]

/** 5400 → "90 minutes": the largest unit that fits without a rest. */
function duration(seconds: number): string {
  const [size, name] = units.find(([unit]) => seconds % unit === 0) ?? [1, 'second']
  const count = seconds / size
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
