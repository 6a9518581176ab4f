/** `npm run fuzz [seconds]`: each target in turn, with new seeds, until the time is up. What fails is printed with its seed. */
import fc from 'fast-check'
import { targets } from './targets.ts'

const seconds = Number(process.argv[2] ?? 60)
if (!(seconds > 0)) {
  console.error('Usage: npm run fuzz [seconds]')
  process.exit(2)
}
for (const { name, property } of targets) {
  const seed = Date.now() | 0
  const result = await fc.check(property as fc.IAsyncProperty<unknown>, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: (seconds * 1000) / targets.length,
    markInterruptAsFailure: false,
  })
  if (result.failed) {
    console.error(`${name} failed:\n${fc.defaultReportMessage(result)}`)
    process.exitCode = 1
  } else console.log(`${name}: ${result.numRuns} inputs, seed ${seed}`)
}
