import { AppDefinition, definitionProblems, insecureUrls } from '@holdfast/catalog'
import type { FieldError } from '../errors.ts'

/** Checks what somebody wrote as an app, wherever it was written: the format, and that nothing goes out without TLS. */
export function checkDefinition(
  input: unknown,
  allowPrivateHosts: readonly string[],
): { definition: AppDefinition } | { problems: [FieldError, ...FieldError[]] } {
  const parsed = AppDefinition.safeParse(input)
  const problems: FieldError[] = parsed.success
    ? insecureUrls(parsed.data)
        .filter(({ url }) => !mayBePlainHttp(url, allowPrivateHosts))
        .map(({ path }) => ({ property: path, message: notSecure }))
    : definitionProblems(parsed.error).map(({ path, message }) => ({ property: path, message }))
  const [first, ...others] = problems
  if (first) return { problems: [first, ...others] }
  return { definition: parsed.data as AppDefinition }
}

export const notSecure = 'must be https; plain http is only for loopback and for hosts in HOLDFAST_ALLOW_PRIVATE_HOSTS'

/** @param allowPrivateHosts Exact `host:port` that may be reached by plain http although private. */
export function mayBePlainHttp(url: string, allowPrivateHosts: readonly string[]): boolean {
  const { hostname, host, port } = new URL(url.replace(/\{[a-z][a-z0-9_]*\}/g, 'x'))
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
  return loopback || allowPrivateHosts.includes(port === '' ? `${host}:80` : host)
}
