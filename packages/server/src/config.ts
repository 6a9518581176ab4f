/** The environment, parsed once, every problem reported at once. Nothing else reads `process.env`. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { Secret } from './secret.ts'
import { parseMasterKeys } from './vault/index.ts'

export interface Config {
  host: string
  port: number
  /** Where browsers reach the server, without a trailing slash. */
  baseUrl: string
  dataDir: string
  databaseUrl: string | undefined
  apiKey: Secret | undefined
  adminKey: Secret | undefined
  masterKeys: Secret | undefined
  masterKeysFile: string
  /** Whether the operator named the key file; else the first start may make it. */
  masterKeysFileGiven: boolean
  /** The transit engine that keeps master keys; undefined: none is set up. */
  transit: { address: string; mount: string; token?: Secret; tokenFile?: string; namespace?: string } | undefined
  /** How long a data key that a key service unwrapped is remembered in this process. */
  dataKeyCacheSeconds: number
  /** How many MiB of answers with opened credentials may stay in this process's memory; 0: none. */
  credentialCacheMib: number
  allowPrivateHosts: readonly string[]
  testMode: boolean
  showUnverifiedApps: boolean
  logLevel: LogLevel
  proxyUrl: string | undefined
  /** Hosts that are reached past the proxy. */
  noProxy: string[]
  /** `key`: `/metrics` wants the operator's key, or the metrics key. `open`: it wants none. */
  metricsAccess: 'key' | 'open'
  metricsKey: Secret | undefined
  /** Where spans go; undefined: nowhere. */
  tracing: { endpoint: string; serviceName: string; sampleRatio: number } | undefined
  /** How long a server that was told to stop still serves, while `/readyz` says no and load balancers turn away. */
  drainSeconds: number
  /** How many connections may be begun and not ended at a time. */
  pendingLimits: { perEntity: number; perProject: number }
  /** How many proxies in front of the server add to `X-Forwarded-For`. What they add is believed, and nothing else. */
  trustedProxies: number
  audit: {
    /** `strict`: no credential leaves before it is written who reads it. `buffered`: that is written within a second. */
    reads: 'buffered' | 'strict'
    keptDays: number
  }
  /** Requests a second; 0: no limit. */
  rateLimits: { reads: number; writes: number; address: number }
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type LogLevel = (typeof logLevels)[number]

const key = z
  .string()
  .min(16, 'needs at least 16 characters')
  .regex(/^[\x21-\x7e]+$/, 'may hold only printable ASCII characters without blanks')

const hostAndPort = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/

/** An empty variable counts as unset, as compose files and CI systems write it. */
const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number('must be a number').int().min(1).max(65535).default(4280),
  HOLDFAST_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL such as https://connect.example.com' })
    .refine(
      (url) => !URL.canParse(url) || (new URL(url).search === '' && new URL(url).hash === ''),
      'must have no query and no fragment',
    )
    .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'must hold no user information')
    .optional(),
  HOLDFAST_DATA_DIR: z.string().default('./data'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL, or unset for SQLite' })
    .optional(),
  HOLDFAST_API_KEY: key.optional(),
  HOLDFAST_ADMIN_KEY: key.optional(),
  HOLDFAST_MASTER_KEYS: z.string().optional(),
  HOLDFAST_MASTER_KEYS_FILE: z.string().optional(),
  HOLDFAST_DATA_KEY_CACHE_SECONDS: z.coerce.number('must be a number').int().min(0).max(3600).default(300),
  HOLDFAST_CREDENTIAL_CACHE_MIB: z.coerce.number('must be a number').int().min(0).max(4096).default(16),
  HOLDFAST_TRANSIT_MOUNT: z
    .string()
    .regex(/^[\w.-]+(?:\/[\w.-]+)*$/, 'must be the path of a mount, such as transit')
    .default('transit'),
  VAULT_ADDR: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL such as https://vault.example.com:8200' })
    .optional(),
  VAULT_TOKEN: z.string().optional(),
  VAULT_TOKEN_FILE: z.string().optional(),
  VAULT_NAMESPACE: z.string().optional(),
  HOLDFAST_ALLOW_PRIVATE_HOSTS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim().toLowerCase())
        .filter((part) => part !== ''),
    )
    .refine((hosts) => hosts.every((host) => hostAndPort.test(host)), 'must be a comma-separated list of host:port'),
  HOLDFAST_TEST_MODE: z.enum(['on', 'off'], 'must be on or off').default('on'),
  HOLDFAST_UNVERIFIED_APPS: z.enum(['on', 'off'], 'must be on or off').default('off'),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  HTTPS_PROXY: z.url('must be a URL').optional(),
  https_proxy: z.url('must be a URL').optional(),
  NO_PROXY: z.string().optional(),
  no_proxy: z.string().optional(),
  HOLDFAST_METRICS: z.enum(['key', 'open'], 'must be key or open').default('key'),
  HOLDFAST_METRICS_KEY: key.optional(),
  HOLDFAST_RATE_LIMIT_READS: z.coerce.number('must be a number').int().min(0).max(1_000_000).default(30_000),
  HOLDFAST_RATE_LIMIT_WRITES: z.coerce.number('must be a number').int().min(0).max(1_000_000).default(5_000),
  HOLDFAST_RATE_LIMIT_ADDRESS: z.coerce.number('must be a number').int().min(0).max(1_000_000).default(200),
  HOLDFAST_AUDIT: z.enum(['buffered', 'strict'], 'must be buffered or strict').default('buffered'),
  HOLDFAST_AUDIT_DAYS: z.coerce.number('must be a number').int().min(1).max(36_500).default(365),
  HOLDFAST_TRUSTED_PROXIES: z.coerce.number('must be a number').int().min(0).max(10).default(0),
  HOLDFAST_MAX_PENDING_PER_ENTITY: z.coerce.number('must be a number').int().min(1).max(100_000).default(100),
  HOLDFAST_MAX_PENDING_PER_PROJECT: z.coerce.number('must be a number').int().min(1).max(1_000_000).default(10_000),
  HOLDFAST_DRAIN_SECONDS: z.coerce.number('must be a number').min(0).max(300).default(0),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be the http(s) URL of a collector, such as http://localhost:4318' })
    .optional(),
  OTEL_SERVICE_NAME: z.string().default('holdfast'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number('must be a number').min(0).max(1).default(1),
})

export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `The environment has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    )
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** @throws {ConfigError} that lists every problem by variable. Values are never shown: some are secrets. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(given)
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)
  if (given.HOLDFAST_MASTER_KEYS !== undefined && given.HOLDFAST_MASTER_KEYS_FILE !== undefined)
    problems.push('HOLDFAST_MASTER_KEYS and HOLDFAST_MASTER_KEYS_FILE are both set; set one')
  if (given.HOLDFAST_API_KEY !== undefined && given.HOLDFAST_API_KEY === given.HOLDFAST_ADMIN_KEY)
    problems.push('HOLDFAST_API_KEY and HOLDFAST_ADMIN_KEY must differ')
  if (problems.length > 0) problems.push(...masterKeyProblems(given.HOLDFAST_MASTER_KEYS))
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  const values = parsed.data
  const dataDir = resolve(values.HOLDFAST_DATA_DIR)
  return {
    host: values.HOST,
    port: values.PORT,
    baseUrl: (values.HOLDFAST_BASE_URL ?? ownUrl({ host: values.HOST, port: values.PORT })).replace(/\/+$/, ''),
    dataDir,
    databaseUrl: values.DATABASE_URL,
    apiKey: values.HOLDFAST_API_KEY === undefined ? undefined : new Secret(values.HOLDFAST_API_KEY),
    adminKey: values.HOLDFAST_ADMIN_KEY === undefined ? undefined : new Secret(values.HOLDFAST_ADMIN_KEY),
    masterKeys: values.HOLDFAST_MASTER_KEYS === undefined ? undefined : new Secret(values.HOLDFAST_MASTER_KEYS),
    masterKeysFile: resolve(values.HOLDFAST_MASTER_KEYS_FILE ?? `${dataDir}/master-keys`),
    masterKeysFileGiven: values.HOLDFAST_MASTER_KEYS_FILE !== undefined,
    transit: transitOf(values),
    dataKeyCacheSeconds: values.HOLDFAST_DATA_KEY_CACHE_SECONDS,
    credentialCacheMib: values.HOLDFAST_CREDENTIAL_CACHE_MIB,
    allowPrivateHosts: values.HOLDFAST_ALLOW_PRIVATE_HOSTS,
    testMode: values.HOLDFAST_TEST_MODE === 'on',
    showUnverifiedApps: values.HOLDFAST_UNVERIFIED_APPS === 'on',
    logLevel: values.LOG_LEVEL,
    proxyUrl: values.https_proxy ?? values.HTTPS_PROXY,
    noProxy: (values.no_proxy ?? values.NO_PROXY ?? '').split(/[\s,]+/).filter((entry) => entry !== ''),
    metricsAccess: values.HOLDFAST_METRICS,
    metricsKey: values.HOLDFAST_METRICS_KEY === undefined ? undefined : new Secret(values.HOLDFAST_METRICS_KEY),
    tracing:
      values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
            serviceName: values.OTEL_SERVICE_NAME,
            sampleRatio: values.OTEL_TRACES_SAMPLER_ARG,
          },
    drainSeconds: values.HOLDFAST_DRAIN_SECONDS,
    pendingLimits: {
      perEntity: values.HOLDFAST_MAX_PENDING_PER_ENTITY,
      perProject: values.HOLDFAST_MAX_PENDING_PER_PROJECT,
    },
    trustedProxies: values.HOLDFAST_TRUSTED_PROXIES,
    rateLimits: {
      reads: values.HOLDFAST_RATE_LIMIT_READS,
      writes: values.HOLDFAST_RATE_LIMIT_WRITES,
      address: values.HOLDFAST_RATE_LIMIT_ADDRESS,
    },
    audit: { reads: values.HOLDFAST_AUDIT, keptDays: values.HOLDFAST_AUDIT_DAYS },
  }
}

/** Both variables may be there for other programs' sake: without an address and a token there is simply no transit engine. */
function transitOf(values: z.output<typeof Environment>): Config['transit'] {
  const { VAULT_ADDR: address, VAULT_TOKEN: token, VAULT_TOKEN_FILE: tokenFile, VAULT_NAMESPACE: namespace } = values
  if (address === undefined || (token === undefined && tokenFile === undefined)) return undefined
  return {
    address,
    mount: values.HOLDFAST_TRANSIT_MOUNT,
    ...(tokenFile === undefined
      ? token !== undefined && { token: new Secret(token) }
      : { tokenFile: resolve(tokenFile) }),
    ...(namespace !== undefined && { namespace }),
  }
}

/** Where the server itself listens, as seen from its own machine. */
export const ownUrl = ({ host, port }: Pick<Config, 'host' | 'port'>): string => `http://${urlHost(host)}:${port}`

/** A wildcard listens everywhere but is no address to visit. */
/**
 * Alone, a malformed key is told where keys are read; beside other problems it must not wait for the next start. Keys that
 * a service keeps cannot be judged before the environment is whole.
 */
function masterKeyProblems(text: string | undefined): string[] {
  if (text === undefined || /:(?:transit|aws-kms):/.test(text)) return []
  try {
    parseMasterKeys(new Secret(text))
    return []
  } catch (error) {
    return [`HOLDFAST_MASTER_KEYS is malformed. ${(error as Error).message}`]
  }
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
