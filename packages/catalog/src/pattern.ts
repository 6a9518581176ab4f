import { createContext, Script } from 'node:vm'

/**
 * Patterns of custom apps are written by API users: a catastrophic one must not stop the process. The limit is of wall
 * time, which also passes while a busy machine runs something else, so one that was reached is tried once more.
 */
const timeoutsMs = [50, 250]

const sandbox: { pattern?: string; value?: string } = createContext(Object.create(null))
const fullMatch = new Script("new RegExp('^(?:' + pattern + ')$', 'u').test(value)")
const firstGroup = new Script("new RegExp('^(?:' + pattern + ')$', 'u').exec(value)?.[1]")

/** Whether the whole value matches the pattern. One that does not compile, or takes too long on this value, matches nothing. */
export const matchesPattern = (pattern: string, value: string): boolean => run(fullMatch, pattern, value) === true

/** What the first group of a pattern holds when the whole value matches it. */
export function groupIn(pattern: string, value: string): string | undefined {
  const found = run(firstGroup, pattern, value)
  return typeof found === 'string' ? found : undefined
}

function run(script: Script, pattern: string, value: string): unknown {
  sandbox.pattern = pattern
  sandbox.value = value
  for (const timeout of timeoutsMs) {
    try {
      return script.runInContext(sandbox, { timeout })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    }
  }
  return undefined
}

export function isPattern(text: string): boolean {
  try {
    new RegExp(`^(?:${text})$`, 'u')
    return true
  } catch {
    return false
  }
}
