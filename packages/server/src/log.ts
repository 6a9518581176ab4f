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

/** One JSON line an entry, on standard error: standard output is for people. */
export const createLog = ({ logLevel }: Pick<Config, 'logLevel'>): Logger =>
  pino(
    {
      level: logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secretNames.filter((name) => name !== 'code').flatMap((name) => [name, `*.${name}`]),
        censor: '[secret]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  )
