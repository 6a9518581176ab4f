/** `npm run demo:data`: a project full of made-up users and their accounts in every status; `npm run demo:remove` takes it away. */
import { systemClock } from '../packages/server/src/clock.ts'
import { type Composition, compose } from '../packages/server/src/compose.ts'
import { ConfigError, readConfig } from '../packages/server/src/config.ts'
import { createLog } from '../packages/server/src/log.ts'
import { StartError } from '../packages/server/src/master-keys.ts'
import { StoreError } from '../packages/server/src/store/index.ts'
import { fill } from './fill.ts'
import { movableTime } from './time.ts'

/** Remembers which project is the demo's, so that no other of the same name is ever deleted. */
const settingName = 'demo_project'
const projectName = 'Demo data'

const [command = 'data'] = process.argv.slice(2)
try {
  if (command === 'data') await data()
  else if (command === 'remove') await remove()
  else throw new Error(`There is no command ${JSON.stringify(command)}. Commands: data, remove.`)
} catch (error) {
  if (!(error instanceof Error)) throw error
  const isExpected = [ConfigError, StartError, StoreError].some((kind) => error instanceof kind)
  console.error(isExpected ? error.message : error)
  process.exitCode = 1
}

async function data() {
  const time = movableTime()
  await withServer(time.clock, async ({ config, composition }) => {
    const { store, projects } = composition
    if (await demoProject(composition)) {
      console.log(`There is a project "${projectName}" already. Take it away first: npm run demo:remove`)
      return
    }
    console.log('Playing three weeks of made-up users. This takes some seconds.')
    const project = await projects.create({ name: projectName, mode: 'test' })
    await store.settings.put(settingName, project.id)
    const { apiKey, key } = await projects.createKey(project.id, { name: 'demo data' })
    const counts = await fill({
      fetch: (request) => composition.fetch(request),
      baseUrl: config.baseUrl,
      apiKey: key.reveal(),
      clock: time,
    })
    // Nobody knows this key, so nobody should have to wonder what it is for.
    await projects.deleteKey(project.id, apiKey.id)
    const summary = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
    console.log(`The project "${projectName}" has accounts now: ${summary.join(', ')}.`)
    console.log(`See it in the dashboard at ${config.baseUrl}; npm run demo:remove takes it away.`)
  })
}

async function remove() {
  await withServer(systemClock, async ({ composition }) => {
    const project = await demoProject(composition)
    if (!project) return console.log('There is no demo data.')
    await composition.projects.delete(project.id)
    console.log(`The project "${project.name}" is gone, with everything in it.`)
  })
}

async function demoProject({ store, projects }: Composition) {
  const id = await store.settings.get(settingName)
  return (await projects.list()).find((project) => project.id === id)
}

type Surroundings = { config: ReturnType<typeof readConfig>; composition: Composition }

/** A server in this process on the operator's own database, without a port and without loops. */
async function withServer(clock: typeof systemClock, work: (surroundings: Surroundings) => Promise<void>) {
  const config = readConfig({ LOG_LEVEL: 'error', ...process.env })
  const composition = await compose(config, { clock, log: createLog(config), random: Math.random })
  try {
    await work({ config, composition })
  } finally {
    await composition.idle()
    await composition.close()
  }
}
