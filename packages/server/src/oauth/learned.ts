import { groupIn, type LearnedParam, matchesPattern } from '@holdfast/catalog'
import { textOf } from './body.ts'

const hostLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/**
 * Checks a value the provider told us as a typed one would be; a URL for a host is cut down to its host name.
 *
 * @returns Undefined when the value is missing and has no default, or breaks the wall of its param.
 */
export function learnedValue(param: LearnedParam, found: unknown): string | undefined {
  const whole = textOf(found)
  if (whole === undefined) return param.default
  const text = param.extract === undefined ? whole : groupIn(param.extract, whole)
  if (text === undefined) return undefined
  const value = param.role === 'host' ? URL.parse(text)?.hostname || text : text
  if (param.role === 'hostLabel' && !hostLabel.test(value)) return undefined
  if (param.pattern !== undefined && !matchesPattern(param.pattern, value)) return undefined
  return value
}
