/** What benchmarks share: percentiles, and results that are shown and kept. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const results = fileURLToPath(new URL('../results/', import.meta.url))

export { median, percentile } from './percentile.ts'

/** To two digits after the point. */
export const round = (value: number): number => Math.round(value * 100) / 100

/** Shows a table of figures and writes them to `bench/results/<name>.json`. */
export function report(name: string, title: string, figures: Record<string, Record<string, number | string>>): void {
  console.log(`\n${title}, Node ${process.version}, ${availableParallelism()} CPUs\n`)
  console.table(figures)
  mkdirSync(results, { recursive: true })
  const file = `${results}${name}.json`
  const about = { measuredAt: new Date().toISOString(), node: process.version, cpus: availableParallelism() }
  writeFileSync(file, `${JSON.stringify({ ...about, figures }, null, 2)}\n`)
  console.log(`Written to ${file}`)
}
