/** The commands. */

import type { Server } from 'node:http'
import { isAbsolute, relative } from 'node:path'
import { auditCommand } from './audit-command.ts'
import { systemClock } from './clock.ts'
import { type Composition, compose, version } from './compose.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { AppError } from './errors.ts'
import { eventsCommand } from './events-command.ts'
import { KeysCommandError, keysCommand } from './keys-command.ts'
import { createLog } from './log.ts'
import { StartError } from './master-keys.ts'
import { operatorsCommand } from './operators-command.ts'
import { createHttpServer } from './server.ts'
import { StoreError } from './store/index.ts'
import { VaultError } from './vault/index.ts'

/** Reasons not to start that say themselves what to do. */
const expectedProblems = [ConfigError, KeysCommandError, StartError, StoreError, VaultError]
/** How long requests that run may take to finish once the server was told to stop. */
const gracePeriodMs = 10_000
/** A connection whose last request has ended would be held open for its next one. */
const idleCheckMs = 50
/** A terminal sends Ctrl-C to all of its processes, and npm passes it on once more: signals this close are one key press. */
const sameKeyPressMs = 500

const [command = 'serve', ...args] = process.argv.slice(2)
if (command === 'serve') await serve()
else if (command === 'keys') await keys()
else if (command === 'operators') await operators()
else if (command === 'audit') await audit()
else if (command === 'events') await events()
else if (command === 'doctor') process.exitCode = await (await import('./diagnose.ts')).diagnose(args, process.env)
else if (command === 'version') console.log(version)
else {
  console.error(
    `There is no command ${JSON.stringify(command)}. Commands: serve, keys, operators, audit, events, doctor, version.`,
  )
  process.exitCode = 2
}

async function keys() {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  try {
    const options = {
      config: readConfig(process.env),
      print: console.log,
      stopping: stopping.signal,
    }
    process.exitCode = await keysCommand(args, options)
  } catch (error) {
    if (!stopping.signal.aborted && !expectedProblems.some((kind) => error instanceof kind)) throw error
    console.error((error as Error).message)
    process.exitCode = 1
  }
}

async function events() {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  process.once('SIGTERM', () => stopping.abort())
  process.exitCode = await eventsCommand(args, {
    environment: process.env,
    fetch,
    clock: systemClock,
    print: console.log,
    stopping: stopping.signal,
  })
}

async function audit() {
  try {
    process.exitCode = await auditCommand(args, { config: readConfig(process.env), print: console.log })
  } catch (error) {
    if (!expectedProblems.some((kind) => error instanceof kind)) throw error
    console.error((error as Error).message)
    process.exitCode = 1
  }
}

async function operators() {
  try {
    process.exitCode = await operatorsCommand(args, {
      config: readConfig(process.env),
      print: console.log,
    })
  } catch (error) {
    if (![...expectedProblems, AppError].some((kind) => error instanceof kind)) throw error
    console.error((error as Error).message)
    process.exitCode = 1
  }
}

async function serve() {
  const begun = performance.now()
  let config: Config
  let composition: Composition
  try {
    config = readConfig(process.env)
    composition = await compose(config, { log: createLog(config), random: Math.random })
  } catch (error) {
    if (expectedProblems.some((kind) => error instanceof kind)) {
      console.error(`Holdfast did not start. ${(error as Error).message}`)
      process.exitCode = 1
      return
    }
    throw error
  }
  const server = createHttpServer(composition)
  try {
    await listen(server, config)
  } catch (error) {
    console.error(`Holdfast did not start. ${listenProblem(error as NodeJS.ErrnoException, config)}`)
    await composition.close()
    process.exitCode = 1
    return
  }
  composition.startJobs()
  stopOnSignal(server, composition, config)
  console.log(greeting(config, composition, performance.now() - begun))
}

function listen(server: Server, { host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function listenProblem({ code, message }: NodeJS.ErrnoException, { host, port }: Config): string {
  if (code === 'EADDRINUSE') return `Port ${port} on ${host} is taken. Set PORT to another one, or stop what uses it.`
  if (code === 'EACCES') return `This user may not listen on port ${port}. Set PORT to one above 1023.`
  return message
}

/**
 * Lets load balancers turn away, stops taking connections, lets what runs finish, closes the database. A second signal
 * ends it at once.
 */
function stopOnSignal(server: Server, composition: Composition, { drainSeconds }: Config) {
  let stoppingSince: number | undefined
  const stop = () => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > sameKeyPressMs) process.exit(1)
      return
    }
    stoppingSince = performance.now()
    composition.drain()
    if (drainSeconds === 0) return finish()
    console.log(`Serving for ${drainSeconds} s more while load balancers turn away. Ctrl-C again: stop at once.`)
    setTimeout(finish, drainSeconds * 1000)
  }
  const finish = () => {
    composition.stopWaiting()
    const notice = setTimeout(
      () =>
        console.log(`Stopping when what runs has finished, within ${gracePeriodMs / 1000} s. Ctrl-C again: at once.`),
      sameKeyPressMs,
    )
    const cutOff = setTimeout(() => server.closeAllConnections(), gracePeriodMs)
    const idleCheck = setInterval(() => server.closeIdleConnections(), idleCheckMs)
    server.close(async () => {
      clearTimeout(notice)
      clearTimeout(cutOff)
      clearInterval(idleCheck)
      await composition.close()
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function greeting(config: Config, { readiness, example }: Composition, tookMs: number): string {
  const { project, apiKey } = readiness
  const about = project ? `   (project "${project.name}", ${project.mode} mode)` : ''
  const key = apiKey?.reveal() ?? 'YOUR_API_KEY'
  return `
Holdfast ${version} is ready (${Math.round(tookMs)} ms).

  URL           ${config.baseUrl}   (API reference: ${config.baseUrl}/docs)${setupLines(readiness)}
  API key       ${apiKey?.reveal() ?? 'unknown here, only its hash is stored; the operator can make another'}${about}
  Operator key  ${operatorKeyPlace(config, readiness)}
  Data          ${config.databaseUrl === undefined ? `${shorten(config.dataDir)} (SQLite)` : 'PostgreSQL'}
  Master key    ${config.masterKeys ? 'from HOLDFAST_MASTER_KEYS' : shorten(config.masterKeysFile)}   (back it up: without it no credential opens)

${project?.mode === 'test' ? 'Connect an account now. It works offline: the app is simulated.' : 'See which project your key belongs to:'}

${project?.mode === 'test' ? connectCommand(config, key, example) : projectCommand(config, key)}
`
}

/** Only while somebody is to come: afterwards the dashboard asks them to sign in. */
function setupLines({ setup }: Composition['readiness']): string {
  if (!setup.needed) return ''
  return `
  Dashboard     ${setup.url ? `${setup.url.reveal()}   (makes you the owner; works once)` : 'has no owner yet: npm run holdfast -- operators link'}`
}

function operatorKeyPlace({ adminKey }: Config, { keyFile, keyFileHasAdminKey }: Composition['readiness']): string {
  if (adminKey) return 'from HOLDFAST_ADMIN_KEY'
  return keyFileHasAdminKey
    ? `in ${shorten(keyFile)}`
    : 'unknown here, only its hash is stored; set HOLDFAST_ADMIN_KEY for a new one'
}

function connectCommand({ baseUrl }: Config, key: string, { app, data }: Composition['example']): string {
  const body = JSON.stringify({ app, entityId: 'jessica', data })
  return `  curl -s ${baseUrl}/api/v1/connectedAccounts -H 'x-api-key: ${key}' \\
    -H 'content-type: application/json' -d '${body}'`
}

function projectCommand({ baseUrl }: Config, key: string): string {
  return `  curl -s ${baseUrl}/api/v1/project -H 'x-api-key: ${key}'`
}

function shorten(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') || isAbsolute(short) ? path : `./${short}`
}
