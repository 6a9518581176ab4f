import type { AppDefinition } from '../src/schema.ts'

/** The page that says of each app what is proven, and how. */
export function appsPage(apps: readonly AppDefinition[]): string {
  const offered = apps.filter((app) => !app.unverified)
  const unverified = apps.filter((app) => app.unverified)
  return `# Apps

<!-- Made by \`npm run generate\` from packages/catalog/apps. -->

${offered.length} apps are offered, and ${unverified.length} more with \`HOLDFAST_UNVERIFIED_APPS=on\`. A running server has a page
for each at \`/docs/apps/{key}\`: what to register where, what the person is asked for, scopes, and what is particular.

What the columns say, and what they do not:

- **simulated**: in our tests the whole connection runs over HTTP against the simulator, which plays the app from the same
  definition: what is asked for, consent, tokens with the app's quirks, identity, calls, refresh, giving back. That proves
  the engine and the definition fit together. It cannot prove that the definition is what the vendor does.
- **sources**: how many independent public sources agree on the endpoints, or on where the credential goes. *vendor*: read
  from the vendor's own page. Lifetimes, rotation and default scopes mostly rest on the vendor's documentation alone.
- **¹**: this way of connecting is known from one source only.
- **live**: connected at the vendor with a real account. None so far.

## Offered

${table(offered)}
## Unverified

Known from one source and not compared with the vendor's page: leads to check, hidden unless asked for.

${table(unverified)}`
}

const table = (apps: readonly AppDefinition[]): string => `| app | key | ways to connect | simulated | sources | live |
|---|---|---|---|---|---|
${apps.map(row).join('')}`

const row = (app: AppDefinition): string =>
  `| ${cell(app.name)} | \`${app.key}\` | ${ways(app)} | yes | ${app.sources ?? 'vendor'} | no |\n`

/** A way that only one source knows is marked, where the app as a whole is known from more. */
const ways = (app: AppDefinition): string =>
  app.authSchemes.map(({ scheme, unverified }) => (unverified && !app.unverified ? `${scheme} ¹` : scheme)).join(', ')

/** Text in a table of Markdown stays text. */
const cell = (text: string): string => text.replace(/[\\|<>*_`[\]]/g, (sign) => `\\${sign}`)
