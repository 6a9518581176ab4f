// Writes what is made from the schema and the apps; with --check it only says whether that is up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ZodError } from 'zod'
import { appJsonSchema } from '../src/json-schema.ts'
import { type Collection, collectionFile, readDefinitions } from '../src/load.ts'
import { definitionProblems } from '../src/problems.ts'
import type { AppDefinition } from '../src/schema.ts'
import { appsPage } from './apps-page.ts'

const root = new URL('../../../', import.meta.url)
const apps = definitions()

const files: [URL, string][] = [
  [new URL('../app.schema.json', import.meta.url), `${JSON.stringify(appJsonSchema(), null, 2)}\n`],
  ...(['apps', 'unverified'] satisfies Collection[]).map((name): [URL, string] => [
    collectionFile(name),
    collection(apps.filter((app) => app.unverified === (name === 'unverified'))),
  ]),
  [new URL('docs/apps.md', root), appsPage(apps)],
]

for (const [file, text] of files) {
  if (current(file) === text) continue
  if (process.argv.includes('--check')) {
    console.error(`${fileURLToPath(file).slice(fileURLToPath(root).length)} is stale: run \`npm run generate\``)
    process.exitCode = 1
  } else {
    mkdirSync(new URL('.', file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** All of them, or the end of the script with the file and the fields that are wrong. */
function definitions(): AppDefinition[] {
  try {
    return [...readDefinitions().values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  } catch (error) {
    const { message, cause } = error as Error
    const [file = message] = message.split(':')
    const fields = cause instanceof ZodError ? definitionProblems(cause) : []
    const lines = fields.map(({ path, message }) => `  ${path}: ${message}`)
    process.stderr.write(`${[fields.length > 0 ? file : message, ...lines].join('\n')}\n`)
    process.exit(1)
  }
}

/** One line an app, as the schema reads it: defaults filled in, the key first. */
function collection(members: AppDefinition[]): string {
  return members.map(({ $schema, key, ...rest }) => `${JSON.stringify({ key, ...rest })}\n`).join('')
}

function current(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
