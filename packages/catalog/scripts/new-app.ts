// Begins the file of a new app. What stands empty is to be filled in; `npm run apps:check KEY` names it.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const appsFolder = fileURLToPath(new URL('../apps/', import.meta.url))
const [key = '', folder = appsFolder] = process.argv.slice(2)
const file = join(folder, `${key}.json`)

if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(key))
  fail(
    'Usage: npm run apps:new KEY\nA key is lower-case letters and digits, with single hyphens between words: acme-crm',
  )
if (existsSync(file)) fail(`${file} is there already: edit it, or choose another key`)

const starter = {
  $schema: '../app.schema.json',
  key,
  name: '',
  description: '',
  categories: [],
  source: { url: '', readOn: new Date().toISOString().slice(0, 10) },
  baseUrl: '',
  testCall: { url: '' },
  identity: { url: '', id: '' },
  authSchemes: [
    {
      scheme: 'OAUTH2',
      label: '',
      authorizationEndpoint: '',
      tokenEndpoint: '',
      tokenEndpointAuthMethod: 'client_secret_post',
      scopes: { default: [], described: [{ name: '', description: '' }] },
      setup: { url: '', steps: ['As redirect URL paste the redirect URI shown by Holdfast.'] },
    },
    {
      scheme: 'API_KEY',
      label: '',
      params: [{ name: 'api_key', label: '', role: 'credential', help: '' }],
      send: [{ in: 'header', name: 'Authorization', value: 'Bearer {api_key}' }],
    },
  ],
}
writeFileSync(file, `${JSON.stringify(starter, null, 2)}\n`)
process.stdout.write(`${file}
Fill in what is empty, from the vendor's own page, and take out what the app does not have.
Then: npm run apps:check ${key}
`)

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
