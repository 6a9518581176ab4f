import { createContext, Script } from 'node:vm'

/** Patterns of custom apps are written by API users: a catastrophic one must not stop the process. */
const timeoutMs = 50

const sandbox: { pattern?: string; value?: string } = createContext(Object.create(null))
const fullMatch = new Script("new RegExp('^(?:' + pattern + ')$', 'u').test(value)")

/**
 * Whether the whole value matches the pattern. A pattern that does not compile, or takes longer than 50 ms on this
 * value, matches nothing.
 */
export function matchesPattern(pattern: string, value: string): boolean {
  sandbox.pattern = pattern
  sandbox.value = value
  try {
    return fullMatch.runInContext(sandbox, { timeout: timeoutMs }) === true
  } catch {
    return false
  }
}

export function isPattern(text: string): boolean {
  try {
    new RegExp(`^(?:${text})$`, 'u')
    return true
  } catch {
    return false
  }
}
