import type { AppDefinition } from '@holdfast/catalog'
import type { Target } from './outgoing.ts'
import { type Finding, note, problem } from './report.ts'

const exampleCount = 3

/** Where an app is called. Addresses with a place for what a user fills in are nobody's yet, and left out. */
export function targetsOf({ key, baseUrl, authSchemes }: AppDefinition, use: Target['use']): Target[] {
  const urls = authSchemes.flatMap((scheme) => [
    'tokenEndpoint' in scheme ? scheme.tokenEndpoint : undefined,
    scheme.baseUrl,
  ])
  return [baseUrl, ...urls]
    .filter((url) => url !== undefined && !url.includes('{'))
    .map((url) => ({ app: key, url: url as string, use }))
}

/** A few well-kept servers, to see whether there is a way out at all. */
export function exampleTargets(apps: Iterable<AppDefinition>): Target[] {
  const targets = [...apps].flatMap((app) => targetsOf(app, 'example').slice(-1))
  return targets.slice(0, exampleCount)
}

/** What there is to say of the app that was asked for, besides whether it was reached. */
export function checkApp(key: string, app: AppDefinition | undefined): Finding[] {
  if (!app)
    return [
      problem(
        'provider',
        `There is no app "${key}", neither built in nor defined by a project.`,
        'Look for its key with GET /api/v1/apps?search=, or define it with POST /api/v1/apps.',
      ),
    ]
  if (targetsOf(app, 'asked').length > 0) return []
  return [note('provider', `The address of ${key} depends on what each user fills in, so there is none to try.`)]
}
