import { ownNames } from './schema/templates.ts'
import { type AppDefinition, type AuthScheme, integrationParamsOf, learnedParamsOf } from './schema.ts'

/** Values that would leave a host or a path if a template let them. */
export const hostileValues = [
  'evil.test#',
  'evil.test/',
  'evil.test?',
  'evil.test\\',
  'x@evil.test/',
  'x:y@evil.test#',
  'evil.test:443/',
  'ev\til.test/',
  'evil.test\n/',
  'evil。test/',
  '../..',
  '..',
  '.',
  '127.0.0.1/',
  '[::1]/',
  '2130706433',
  '0x7f000001',
  'xn--a',
  'a..b',
  '-a',
  'a-',
  'a_b',
  '%2e%2e',
  '%2F',
  'é',
  '\ud800',
  '\0',
  '',
  ' ',
  'a'.repeat(64),
] as const

/** A plausible value for every name a scheme's templates use. */
export function exampleValues(scheme: AuthScheme): Record<string, string> {
  const values: Record<string, string> = Object.fromEntries(ownNames(scheme).map((name) => [name, `${name}-1`]))
  values.app_name = 'Holdfast'
  for (const param of [...scheme.params, ...integrationParamsOf(scheme)])
    values[param.name] =
      param.default ?? param.options?.[0] ?? (param.role === 'credential' ? 'secret-1' : (param.example ?? 'acme'))
  for (const param of learnedParamsOf(scheme))
    values[param.name] = param.role === 'host' ? 'acme.my.salesforce.com' : '11223344-a1b2-3b33-c444-def123456789'
  return values
}

export function schemeOf(app: AppDefinition | undefined, name: AuthScheme['scheme']): AuthScheme {
  const scheme = app?.authSchemes.find((candidate) => candidate.scheme === name)
  if (!scheme) throw new Error(`no ${name} in ${app?.key}`)
  return scheme
}
