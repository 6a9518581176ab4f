import { OpenAPIHono, type z } from '@hono/zod-openapi'
import { invalid } from '../errors.ts'
import type { Integration } from '../integrations/types.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { reaches } from './key-access.ts'
import { integrationBody, integrationItem } from './present.ts'
import { sharedClientIntegration } from './ready-integrations.ts'
import { answers, Done, jsonContent, keyedRoute, PathId, pageOf, pagingOf } from './schemas/common.ts'
import {
  CreateIntegrationBody,
  IntegrationBody,
  IntegrationFilters,
  IntegrationPage,
  UpdatedIntegration,
  UpdateIntegrationBody,
} from './schemas/integrations.ts'

const listIntegrations = keyedRoute({
  method: 'get',
  path: '/api/v1/integrations',
  operationId: 'listIntegrations',
  tags: ['Integrations'],
  summary: 'List integrations',
  description:
    "Newest first, but an app's preferred scheme before its others: the first one of an app is the one to use.",
  request: { query: IntegrationFilters },
  responses: answers(IntegrationPage, 'The integrations.', 'validation_failed'),
})

const getIntegration = keyedRoute({
  method: 'get',
  path: '/api/v1/integrations/{id}',
  operationId: 'getIntegration',
  tags: ['Integrations'],
  summary: 'Get an integration',
  description: 'With expectedInputFields: what has to be collected from the user.',
  request: { params: PathId },
  responses: answers(IntegrationBody, 'The integration.', 'not_found'),
})

const createIntegration = keyedRoute({
  method: 'post',
  path: '/api/v1/integrations',
  operationId: 'createIntegration',
  tags: ['Integrations'],
  summary: 'Create an integration',
  request: { body: jsonContent(CreateIntegrationBody) },
  responses: answers(IntegrationBody, 'The integration.', 'validation_failed', 'not_found'),
})

const updateIntegration = keyedRoute({
  method: 'patch',
  path: '/api/v1/integrations/{id}',
  operationId: 'updateIntegration',
  tags: ['Integrations'],
  summary: 'Change an integration',
  request: { params: PathId, body: jsonContent(UpdateIntegrationBody) },
  responses: answers(UpdatedIntegration, 'The integration.', 'validation_failed', 'not_found'),
})

const deleteIntegration = keyedRoute({
  method: 'delete',
  path: '/api/v1/integrations/{id}',
  operationId: 'deleteIntegration',
  tags: ['Integrations'],
  summary: 'Delete an integration',
  description: 'Its accounts are deleted with it.',
  request: { params: PathId },
  responses: answers(Done, 'It is gone.', 'not_found'),
})

export function integrationRoutes({ integrations, accounts, baseUrl }: ApiDependencies): Routes {
  const present = (integration: Integration) =>
    integrationBody(integration, integrations.expectedFields(integration), baseUrl)

  return new OpenAPIHono<ApiEnv>()
    .openapi(listIntegrations, async (c) => {
      const { appName, authScheme, showDisabled, ...query } = c.req.valid('query')
      const { project } = c.var
      const ofProject = await integrations.list(project.id, {
        appKey: appName?.toLowerCase(),
        authScheme,
        showDisabled,
      })
      const all = ofProject.filter(({ id }) => reaches(c.var.access?.integrationIds, id))
      const page = pageOf(all, pagingOf(query))
      const counts = await integrations.accountCounts(
        project.id,
        page.items.map((integration) => integration.id),
      )
      const items = page.items.map((integration) =>
        integrationItem(
          integration,
          integrations.expectedFields(integration),
          baseUrl,
          project,
          counts.get(integration.id) ?? 0,
        ),
      )
      return c.json({ ...page, items }, 200)
    })
    .openapi(getIntegration, async (c) =>
      c.json(present(await integrations.get(c.var.project.id, c.req.valid('param').id)), 200),
    )
    .openapi(createIntegration, async (c) => {
      const body = c.req.valid('json')
      const appKey = body.appId ?? body.appName ?? body.app
      if (appKey === undefined) throw invalid({ property: 'appId', message: 'is required: the key of an app' })
      const input = {
        name: body.name,
        appKey: appKey.toLowerCase(),
        authScheme: body.authScheme,
        enabled: body.enabled,
        simulated: body.simulated,
        userVerification: body.userVerification,
        ...clientOf(body),
        ...(body.params && { params: body.params }),
      }
      const shared = body.useComposioAuth
        ? await sharedClientIntegration(integrations, c.var.project.id, input)
        : undefined
      return c.json(present(shared ?? (await integrations.create(c.var.project.id, input))), 200)
    })
    .openapi(updateIntegration, async (c) => {
      const body = c.req.valid('json')
      const { name, enabled, userVerification } = body
      const integration = await integrations.update(c.var.project.id, c.req.valid('param').id, {
        name,
        enabled,
        userVerification,
        ...clientOf(body),
        ...(body.params && { params: body.params }),
        ...(body.scopes === null ? { scopes: null } : {}),
      })
      return c.json({ status: 'success' as const, ...present(integration) }, 200)
    })
    .openapi(deleteIntegration, async (c) => {
      const { id } = c.req.valid('param')
      const integration = await integrations.get(c.var.project.id, id)
      await accounts.deleteOfIntegration(c.var.project.id, integration.id)
      const count = await integrations.delete(c.var.project.id, id)
      return c.json({ status: 'success' as const, count }, 200)
    })
}

type ClientFields = Pick<z.output<typeof CreateIntegrationBody>, 'authConfig' | 'clientId' | 'clientSecret'> & {
  scopes?: string[] | null | undefined
}

/** The two spellings of the OAuth client as one. */
const clientOf = ({ authConfig, clientId, clientSecret, scopes }: ClientFields) => ({
  clientId: clientId ?? authConfig?.client_id,
  clientSecret: clientSecret ?? authConfig?.client_secret,
  scopes: scopes ?? authConfig?.scopes,
})
