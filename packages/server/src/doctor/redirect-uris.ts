import { type Finding, note, ok, warning } from './report.ts'

/** What an operator has registered, or should have, with an app. */
export interface LiveIntegration {
  project: string
  app: string
  name: string
  /** Null where the scheme has none. */
  redirectUri: string | null
  /** What the app last said against our client; null when nothing. */
  problem: string | null
}

/** The list to compare with what is registered: an app refuses the smallest difference, and nobody can ask it. */
export function checkRedirectUris(integrations: readonly LiveIntegration[]): Finding {
  const withUri = integrations.filter(({ redirectUri }) => redirectUri !== null)
  if (withUri.length === 0) return note('redirect_uris', 'There is no live OAuth integration.')
  const lines = withUri.map(({ project, app, name, redirectUri, problem }) => {
    const label = name === app ? `${project} · ${app}` : `${project} · ${app} (${name})`
    return `${label}: ${redirectUri}${problem === null ? '' : `   refused by the app: ${problem}`}`
  })
  return withUri.some(({ problem }) => problem !== null)
    ? warning(
        'redirect_uris',
        'An app refuses the OAuth client of an integration.',
        'Compare the client id, the secret and the redirect URI with what is registered at the app, and correct the integration.',
        lines,
      )
    : ok('redirect_uris', 'These must be registered with the apps, character by character:', lines)
}
