import { appJsonSchema } from '@holdfast/catalog'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './context.ts'
import { routeAccess } from './key-access.ts'

const description = `Connects your users' accounts at third-party apps, keeps the credentials encrypted and fresh, and hands your code what it needs to call those apps.

- Send the API key in the \`x-api-key\` header.
- Every success is 200. Refusals are 400, 401, 404, 429, 500 or 502, and 403 for people who are signed in and for keys that lack a scope, with one body: \`code\` is stable, \`fix\` says what to do.
- \`x-request-id\` is echoed when it is plain, else made; quote it when you report a problem.
- A write inside a project may carry an \`Idempotency-Key\`: sent again within a day with the same key and body, it is carried out once and answered alike.
- The paths also work as \`/v1/…\` and \`/api/api/v1/…\`, for clients that build them so.`

export type OpenApiDocument = ReturnType<OpenAPIHono<ApiEnv>['getOpenAPI31Document']>

/** OpenAPI 3.1 of the routes of `api`, from the schemas that also validate. */
export function openApiDocument(
  api: OpenAPIHono<ApiEnv>,
  { version, serverUrl }: { version: string; serverUrl: string },
): OpenApiDocument {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Holdfast API', version, description, license: { name: 'Apache-2.0' } },
    servers: [{ url: serverUrl }],
    tags: [
      'Connected accounts',
      'Entities',
      'Connect links',
      'Integrations',
      'Apps',
      'Webhooks',
      'Events',
      'Project',
      'Signing in',
      'Operators',
      "Operator's routes",
      'Simulator',
      'Health',
      'Not offered',
    ].map((name) => ({ name })),
  })
  // Mounting the routes makes paths of the names.
  document.webhooks = Object.fromEntries(
    Object.entries(document.webhooks ?? {}).map(([name, item]) => [name.replace(/^\//, ''), item]),
  )
  const { $schema: _, ...appDefinition } = appJsonSchema()
  document.components = {
    ...document.components,
    // The format of the catalog, from its own schema.
    schemas: { ...document.components?.schemas, AppDefinition: appDefinition },
    securitySchemes: {
      apiKey: {
        type: 'apiKey',
        in: 'header',
        name: 'x-api-key',
        description: "A project's API key, or the operator's key.",
      },
      session: {
        type: 'apiKey',
        in: 'cookie',
        name: '__Host-hf-session',
        description:
          'Who is signed in to the dashboard; `hf-session` on plain http. Routes inside a project also want its id in `x-holdfast-project`, and changes want the `Origin` of this server.',
      },
      bearer: { type: 'http', scheme: 'bearer', description: 'The same key, as a bearer token.' },
    },
  }
  nameScopes(document)
  return document
}

/** Which scope a key needs, as the roles of its security requirement (OpenAPI 3.1 §4.8.30). */
function nameScopes(document: OpenApiDocument): void {
  for (const [path, item] of Object.entries(document.paths ?? {}))
    for (const [method, operation] of Object.entries(
      item as Record<string, { security?: Record<string, string[]>[] }>,
    )) {
      const { scope, isListed } = routeAccess(method.toUpperCase(), path)
      if (isListed && scope !== null && operation.security)
        operation.security = operation.security.map((scheme) =>
          Object.fromEntries(Object.keys(scheme).map((name) => [name, name === 'session' ? [] : [scope]])),
        )
    }
}
