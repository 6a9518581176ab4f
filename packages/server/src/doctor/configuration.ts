import { type Finding, ok, problem } from './report.ts'

/** @param problems As the server itself would report them at its start. */
export function checkConfiguration(problems: readonly string[], { testMode }: { testMode?: boolean } = {}): Finding {
  if (problems.length > 0)
    return problem(
      'configuration',
      'The environment is not right, and nothing else was looked at.',
      'Correct these variables; the page docs/configuration.md has them all.',
      [...problems],
    )
  return ok('configuration', `The environment can be read. Test mode is ${testMode ? 'on' : 'off'}.`)
}
