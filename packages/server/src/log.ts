import { type Logger, pino } from 'pino'
import type { Config } from './config.ts'

/** A second net under the typed secrets: whatever is logged under these names is cut out. */
const secretNames = [
  'apiKey',
  'api_key',
  'authorization',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'clientSecret',
  'client_secret',
  'code',
  'state',
  'data',
  'connectionParams',
  'authConfig',
  'integrationSecrets',
  'initiateData',
]

/** A write costs as much as making several lines. */
const gathering = { minLength: 8_192, periodicFlush: 100 }

/**
 * One JSON line an entry, on standard error: standard output is for people. Nothing waits for a line to be written: lines
 * are gathered for a moment, and the end of the process writes the rest.
 */
export const createLog = ({ logLevel }: Pick<Config, 'logLevel'>): Logger =>
  pino(
    {
      level: logLevel,
      base: null,
      timestamp: isoTime(),
      redact: {
        paths: secretNames.filter((name) => name !== 'code').flatMap((name) => [name, `*.${name}`]),
        censor: '[secret]',
      },
    },
    pino.destination({ dest: 2, sync: false, ...gathering }),
  )

/** For lines whose every field is known to hold no secret, and which are many: nothing is looked for in them. */
export const withoutSearch = (log: Logger): Logger => log.child({}, { redact: [] })

/** A busy server writes many lines in one millisecond. */
function isoTime(): () => string {
  let at = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== at) {
      at = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}
