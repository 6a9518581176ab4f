// Writes docs/openapi.json from the routes; with --check it only says whether that is up to date. Starts nothing.
import { readFileSync } from 'node:fs'
import { type ApiDependencies, apiRoutes, openApiDocument } from '../src/http/index.ts'
import { generate } from './generated.ts'

const serverUrl = 'http://127.0.0.1:4280'
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
// Describing the routes calls no service, so there is none here.
const routes = apiRoutes({ baseUrl: serverUrl, version } as ApiDependencies)
generate('openapi.json', `${JSON.stringify(openApiDocument(routes, { version, serverUrl }), null, 2)}\n`)
