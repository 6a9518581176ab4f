// Writes docs/events.md and docs/events.schema.json from the schemas of the messages; with --check it only says whether
// they are up to date.
import { type EventType, eventTypeNames, eventTypes, quietEventTypes } from '../src/events.ts'
import { type ApiDependencies, apiRoutes, openApiDocument } from '../src/http/index.ts'
import { eventSchemaVersion, messageName } from '../src/http/schemas/events.ts'
import { generate } from './generated.ts'

/** The part of JSON Schema that our schemas use. */
interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  format?: string
  description?: string
  items?: Schema
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
}

const routes = apiRoutes({ baseUrl: 'http://localhost' } as ApiDependencies)
const document = openApiDocument(routes, { version: '0', serverUrl: '/' })
const components = document.components?.schemas as Record<string, Schema>
const nameOf = (reference: string) => reference.replace('#/components/schemas/', '')

/** One of the messages, for those who check what they receive. */
function jsonSchema(): object {
  const needed = new Map<string, Schema>()
  const collect = (name: string) => {
    const schema = components[name]
    if (!schema || needed.has(name)) return
    needed.set(name, schema)
    for (const [, reference = ''] of JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g)) collect(nameOf(reference))
  }
  const messages = eventTypeNames.map((type) => messageName(type))
  for (const name of messages) collect(name)
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:holdfast:events:${eventSchemaVersion}`,
    title: 'Message of a Holdfast webhook',
    oneOf: messages.map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: Object.fromEntries(needed),
  }
  return JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as object
}

function page(): string {
  return `# Events

<!-- Written by \`npm run generate\` from the schemas of the server. -->

What happens to connected accounts, as [webhooks](webhooks.md) tell it and as \`GET /api/v1/events\` lists it. This is
version ${eventSchemaVersion} of the messages: fields and types may be added to it, so ignore what you don't know. What is there does not
change its meaning. As JSON Schema: [events.schema.json](events.schema.json).

| type | what happened |
|---|---|
${eventTypeNames.map(typeRow).join('\n')}

\\* Frequent, so it is sent only to endpoints that name it in \`eventTypes\`.

## The message

Every message is \`{ type, timestamp, data }\`; \`timestamp\` is when it happened. \`data\` is:

${table('EventData')}

\`data.connectedAccount\` is the account as it was at that moment. No message holds a credential.

${table('EventAccount')}

\`statusReason\`, the [reasons](concepts.md) with who must act:

${table('StatusReason')}

\`identity\`, whose account it is at the app:

${table('Identity')}
`
}

const typeRow = (type: EventType) =>
  `| \`${type}\`${quietEventTypes.includes(type) ? '\\*' : ''} | ${eventTypes[type]} |`

function table(name: string): string {
  const { properties = {}, required = [] } = components[name] ?? {}
  const rows = Object.entries(properties).map(([field, schema]) => {
    const optional = required.includes(field) ? '' : '; may be absent'
    return `| \`${field}\` | ${typeOf(schema)}${optional} | ${descriptionOf(schema)} |`
  })
  return ['| field | type | |', '|---|---|---|', ...rows].join('\n')
}

function typeOf(schema: Schema): string {
  const { $ref, type, anyOf, items, format, enum: values } = schema
  if ($ref) return typeOf(components[nameOf($ref)] ?? {})
  if (anyOf) return anyOf.map(typeOf).join(' or ')
  const kinds = [type ?? 'any'].flat().map((kind) => {
    if (kind === 'array') return `list of ${typeOf(items ?? {})}`
    if (kind === 'string' && format === 'date-time') return 'date'
    return kind
  })
  const allowed = values && values.length <= 6 ? `: ${values.map((value) => `\`${value}\``).join(', ')}` : ''
  return kinds.join(' or ') + allowed
}

const descriptionOf = (schema: Schema): string =>
  (schema.description ?? (schema.$ref ? components[nameOf(schema.$ref)]?.description : undefined) ?? '').replaceAll(
    '|',
    '\\|',
  )

generate('events.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`)
generate('events.md', page())
