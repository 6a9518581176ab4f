import type { AppDefinition } from '@holdfast/catalog'

/** Where the simulator keeps what it remembers; values are JSON text. Survives a restart when the host's database does. */
export interface SimulatorRecords {
  get(kind: string, key: string): Promise<string | undefined>
  put(kind: string, key: string, value: string, expiresAt?: Date): Promise<void>
  /** Reads and deletes in one step: of several callers one gets the value. */
  take(kind: string, key: string): Promise<string | undefined>
  /** Writes only while the stored value is still `expected`. @returns Whether it did. */
  replace(kind: string, key: string, expected: string, value: string): Promise<boolean>
}

export interface SimulatorOptions {
  /** Built-in and custom apps, by key and project. */
  findApp(projectId: string, appKey: string): Promise<AppDefinition | undefined>
  records: SimulatorRecords
  clock: { now(): Date; sleep(ms: number, signal?: AbortSignal): Promise<void> }
  /** Origin (and path) browsers reach this server at, without a trailing slash. */
  baseUrl: string
  /** The OAuth client every ready integration uses; other client ids are accepted with any secret. */
  readyClient: { clientId: string; clientSecret: string }
}

export interface Simulator {
  /** Serves everything below `/simulator/`, for browsers and for the server's own calls alike. */
  fetch(request: Request): Promise<Response>
  /** Maps a provider's URL to the simulated one: `{baseUrl}/simulator/{projectId}/{appKey}/{host}{path}{query}`. */
  resolve(projectId: string, appKey: string, url: URL): URL
  /** Applies a script to the grant that issued this token. @returns Undefined for a token it did not issue. */
  script(token: string, script: SimulatorScript): Promise<SimulatorState | undefined>
}

export interface SimulatorScript {
  expireNow?: true | undefined
  revoke?: true | undefined
  failNextTokenCalls?:
    | {
        times: number
        status?: number | undefined
        body?: string | undefined
        delayMs?: number | undefined
        dropAnswer?: boolean | undefined
      }
    | undefined
  rotateRefreshTokens?: boolean | undefined
}

export interface SimulatorState {
  accessTokenExpiresAt: string | null
  revoked: boolean
  rotateRefreshTokens: boolean
  pendingFailures: number
  tokenCalls: number
}
