import { type Finding, ok, problem, warning } from './report.ts'

/** The oldest one that runs the sources as they are. */
const minimum = [24, 12] as const

/** @param version As in `process.version`. @param timeZone As the system names it. */
export function checkRuntime(version: string, timeZone: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const found = `${version}. Times are kept, sent and logged in UTC; this machine's zone is ${timeZone}.`
  if (major < minimum[0] || (major === minimum[0] && minor < minimum[1]))
    return problem('runtime', found, `Use Node.js ${minimum.join('.')} or newer; npm start brings its own.`)
  if (major % 2 === 1)
    return warning('runtime', found, 'Use a Node.js with an even number: only these get fixes for years.')
  return ok('runtime', found)
}
