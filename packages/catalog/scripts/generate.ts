// Writes what is made from the schema; with --check it only says whether that is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { appJsonSchema } from '../src/json-schema.ts'

const file = new URL('../app.schema.json', import.meta.url)
const text = `${JSON.stringify(appJsonSchema(), null, 2)}\n`

if (!process.argv.includes('--check')) {
  writeFileSync(file, text)
} else if (current() !== text) {
  console.error('packages/catalog/app.schema.json is stale: run `npm run generate`')
  process.exitCode = 1
}

function current(): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
