/** What the documents say, held against the code: links, variables, status reasons, and the examples of own apps. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { statusReasonCodes } from '../packages/server/src/accounts/types.ts'
import { type RunningOidcProvider, startOidcProvider } from '../packages/server/src/oauth/testing/oidc-provider.ts'
import { freePort, startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { apiOf, ok } from './support/api.ts'
import { readSections } from './support/document.ts'
import { Person } from './support/person.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFile(join(root, path), 'utf8')

async function documents(): Promise<string[]> {
  const folders = ['.', 'docs', 'docs/decisions', 'packages/catalog', 'packages/sdk', 'packages/simulator', 'python']
  const inFolder = async (folder: string) =>
    (await readdir(join(root, folder)))
      .filter((name) => /\.md$|^llms\.txt$/.test(name))
      .map((name) => join(folder, name))
  return (await Promise.all(folders.map(inFolder))).flat()
}

/** As the common hosts make them of a heading: lower case, blanks to hyphens, everything else that is no letter or digit out. */
const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

test('every link between documents leads somewhere', async () => {
  const lost: string[] = []
  for (const path of await documents()) {
    const text = (await read(path)).replace(/^```.*?^```$/gms, '')
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      const isThere = existsSync(join(root, target)) && !relative('.', target).startsWith('..')
      if (!isThere || (anchor && !anchorsOf(await read(target)).includes(anchor))) lost.push(`${path}: ${link}`)
    }
  }
  assert.deepEqual(lost, [])
})

test('every page of docs stands in the index of the folder and in llms.txt', async () => {
  const pages = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md') && name !== 'README.md')
  for (const list of ['docs/README.md', 'docs/llms.txt']) {
    const text = await read(list)
    assert.deepEqual(
      pages.filter((page) => !text.includes(`(${page})`)),
      [],
      list,
    )
  }
})

test('the page on configuration has every variable that the server reads, and no other', async () => {
  const schema = /^const Environment = z\.object\(\{\n(.*?)^\}\)/ms.exec(
    await read('packages/server/src/config.ts'),
  )?.[1]
  const variables = [...(schema ?? '').matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name)
  assert.ok(variables.length > 10)
  const documented = [...(await read('docs/configuration.md')).matchAll(/^\| `([A-Z][A-Z0-9_]+)` \|/gm)]
  assert.deepEqual(documented.map(([, name]) => name).toSorted(), variables.toSorted())
})

test('the page on concepts has every status reason with who must act', async () => {
  const rows = [
    ...(await read('docs/concepts.md')).matchAll(/^\| `([a-z_]+)` \| (endUser|operator|developer|nobody) \|/gm),
  ]
  assert.deepEqual(Object.fromEntries(rows.map(([, code, mustAct]) => [code, mustAct])), statusReasonCodes)
})

describe('the examples of own apps', () => {
  let port: number
  let server: TestServer
  let provider: RunningOidcProvider | undefined
  let definitions: { key: string }[]

  before(async () => {
    port = await freePort()
    server = await startTestServer({ environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: `127.0.0.1:${port}` } })
    const text = (await read('docs/custom-apps.md')).replaceAll('127.0.0.1:9000', `127.0.0.1:${port}`)
    const blocks = [...readSections(text).values()].flat()
    definitions = blocks.filter(({ language }) => language === 'json').map((block) => JSON.parse(block.text))
  })

  after(async () => {
    await server.close()
    await provider?.close()
  })

  test('the OAuth server connects, and what is handed out works there', async () => {
    const api = apiOf(server)
    const [definition] = definitions
    assert.ok(definition)
    ok(await api.post('/api/v1/apps', definition))
    const client = { clientId: 'holdfast', clientSecret: 'the secret of the example' }
    const integration = ok(
      await api.post<{ id: string; redirectUri: string }>('/api/v1/integrations', { app: definition.key, ...client }),
    )
    provider = await startOidcProvider({
      port,
      clients: [{ ...client, authMethod: 'client_secret_basic', redirectUris: [integration.redirectUri] }],
    })

    const { connectedAccountId, redirectUrl } = await api.initiate({ app: definition.key })
    const person = new Person()
    await person.open(await provider.approve(await person.agree(redirectUrl ?? '')))

    const { status, identity, simulated } = await api.account(connectedAccountId)
    assert.deepEqual([status, identity?.name, simulated], ['ACTIVE', 'Ada Example', false])
    const { base_url, params } = ok(await api.info(connectedAccountId))
    const answer = await fetch(`${base_url}/me`, { headers: { authorization: params[0]?.value ?? '' } })
    assert.equal(answer.status, 200)
  })

  test('without an integration the simulator plays it', async () => {
    const api = apiOf(server)
    const definition = { ...definitions[0], key: 'acme-not-there-yet' }
    ok(await api.post('/api/v1/apps', definition))
    const { simulated } = await api.connect({ app: definition.key })
    assert.equal(simulated, true)
  })

  test('the API key is taken as it stands', async () => {
    const api = apiOf(server)
    const [, definition] = definitions
    assert.ok(definition)
    ok(await api.post('/api/v1/apps', definition))
    const expected = await api.defaultIntegration(definition.key)
    assert.deepEqual(
      expected.expectedInputFields.map(({ name }) => name),
      ['api_key', 'region'],
    )
  })
})
