// Writes docs/openapi.json from the routes; with --check it only says whether that is up to date. Starts nothing.
import { readFileSync, writeFileSync } from 'node:fs'
import { type ApiDependencies, apiRoutes, openApiDocument } from '../src/http/index.ts'

const serverUrl = 'http://127.0.0.1:4280'
const file = new URL('../../../docs/openapi.json', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
// Describing the routes calls no service, so there is none here.
const routes = apiRoutes({ baseUrl: serverUrl, version } as ApiDependencies)
const text = `${JSON.stringify(openApiDocument(routes, { version, serverUrl }), null, 2)}\n`

if (!process.argv.includes('--check')) {
  writeFileSync(file, text)
} else if (current() !== text) {
  console.error('docs/openapi.json is stale: run `npm run generate`')
  process.exitCode = 1
}

function current(): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
