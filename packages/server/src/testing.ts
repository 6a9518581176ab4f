/** A whole server in this process, for tests: real database file, real HTTP, a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import { type Composition, compose } from './compose.ts'
import { readConfig } from './config.ts'
import { createLog } from './log.ts'
import { createHttpServer } from './server.ts'

export interface TestServer {
  url: string
  apiKey: string
  adminKey: string
  dataDir: string
  composition: Composition
  close(): Promise<void>
}

export interface TestServerOptions {
  /** Added to the environment the server reads. */
  environment?: Record<string, string>
  /** Default: that of the installation. */
  clock?: Clock
  /** Kept after `close`, so that another server can open it. */
  dataDir?: string
  /** Whether the loops run. A test that moves the clock mostly wants nothing to happen on its own. Default true. */
  loops?: boolean
}

export async function startTestServer({
  environment = {},
  clock,
  dataDir,
  loops = true,
}: TestServerOptions = {}): Promise<TestServer> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'holdfast-')))
  const adminKey = 'operator-key-of-this-test'
  const config = readConfig({
    PORT: String(await freePort()),
    HOLDFAST_DATA_DIR: folder,
    HOLDFAST_API_KEY: 'hf_test_key_of_this_test',
    HOLDFAST_ADMIN_KEY: adminKey,
    LOG_LEVEL: 'silent',
    ...environment,
  })
  const composition = await compose(config, { clock, log: createLog(config), random: Math.random })
  const server = createHttpServer(composition)
  await new Promise<void>((resolve) => server.listen(config.port, config.host, resolve))
  if (loops) composition.startJobs()
  return {
    url: config.baseUrl,
    apiKey: composition.readiness.apiKey?.reveal() ?? '',
    adminKey: config.adminKey?.reveal() ?? adminKey,
    dataDir: folder,
    composition,
    async close() {
      composition.stopWaiting()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await composition.close()
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
