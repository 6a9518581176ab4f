import { OpenAPIHono, type z } from '@hono/zod-openapi'
import { invalid } from '../errors.ts'
import type { CreateIntegrationInput } from '../integrations/types.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { logoUrl } from './present.ts'
import { sharedClientIntegration } from './ready-integrations.ts'
import { answers, jsonContent, keyedRoute } from './schemas/common.ts'
import { IntegrationMatches, IntegrationReference, IntegrationV2Body } from './schemas/integrations.ts'

const createV2 = keyedRoute({
  method: 'post',
  path: '/api/v2/integrations/create',
  operationId: 'createIntegrationV2',
  tags: ['Integrations'],
  summary: 'Create an integration (v2)',
  request: { body: jsonContent(IntegrationV2Body) },
  responses: answers(IntegrationReference, 'Its id.', 'validation_failed', 'not_found'),
})

const getOrCreate = keyedRoute({
  method: 'post',
  path: '/api/v2/integrations/get-or-create',
  operationId: 'getOrCreateIntegration',
  tags: ['Integrations'],
  summary: 'Get the integration with these settings, or create it',
  request: { body: jsonContent(IntegrationV2Body) },
  responses: answers(IntegrationReference, 'Its id.', 'validation_failed', 'not_found'),
})

const searchByFilters = keyedRoute({
  method: 'post',
  path: '/api/v2/integrations/search-by-filters',
  operationId: 'searchIntegrations',
  tags: ['Integrations'],
  summary: 'Find integrations by app and scheme',
  request: { body: jsonContent(IntegrationV2Body) },
  responses: answers(
    IntegrationMatches,
    'Ids of the enabled integrations that match.',
    'validation_failed',
    'not_found',
  ),
})

export function integrationV2Routes({ integrations, baseUrl }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(createV2, async (c) => {
      const input = createInputOf(c.req.valid('json'))
      const shared = await sharedClientIntegration(integrations, c.var.project.id, input)
      const { id } = shared ?? (await integrations.create(c.var.project.id, input))
      return c.json({ integrationId: id, isNewIntegration: shared === undefined }, 200)
    })
    .openapi(getOrCreate, async (c) => {
      const body = c.req.valid('json')
      if (body.app.integrationId !== undefined) {
        const { id } = await integrations.get(c.var.project.id, body.app.integrationId)
        return c.json({ integrationId: id, isNewIntegration: false }, 200)
      }
      const input = createInputOf(body)
      const shared = await sharedClientIntegration(integrations, c.var.project.id, input)
      if (shared) return c.json({ integrationId: shared.id, isNewIntegration: false }, 200)
      const { integration, isNew } = await integrations.getOrCreate(c.var.project.id, input)
      return c.json({ integrationId: integration.id, isNewIntegration: isNew }, 200)
    })
    .openapi(searchByFilters, async (c) => {
      const { app, config } = c.req.valid('json')
      const { id: projectId } = c.var.project
      const found =
        app.integrationId === undefined
          ? await integrations.list(projectId, { appKey: app.uniqueKey?.toLowerCase(), showDisabled: false })
          : [await integrations.get(projectId, app.integrationId)]
      const matches = found.filter(
        ({ scheme, app: { definition } }) =>
          (config?.authScheme ?? scheme.scheme) === scheme.scheme &&
          (app.uniqueKey?.toLowerCase() ?? definition.key) === definition.key,
      )
      const named =
        app.uniqueKey === undefined
          ? matches[0]?.app
          : await integrations.getApp(projectId, app.uniqueKey.toLowerCase())
      const appInfo = named
        ? {
            appId: named.definition.key,
            uniqueKey: named.definition.key,
            name: named.definition.name,
            logo: logoUrl(baseUrl, named.definition.key),
          }
        : null
      return c.json({ matchedIntegrationIds: matches.map(({ id }) => id), appInfo }, 200)
    })
}

/** Only the presence of secrets says whose OAuth client is meant; published clients compute `useComposioAuth` the wrong way round. */
export function createInputOf({ app, config }: z.output<typeof IntegrationV2Body>): CreateIntegrationInput {
  if (app.uniqueKey === undefined)
    throw invalid({ property: 'app.uniqueKey', message: 'is required: the key of an app' })
  const secrets = config?.integrationSecrets
  return {
    name: config?.name,
    appKey: app.uniqueKey.toLowerCase(),
    authScheme: config?.authScheme,
    clientId: secrets?.client_id,
    clientSecret: secrets?.client_secret,
    scopes: secrets?.scopes,
  }
}
