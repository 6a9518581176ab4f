import { type AuthSchemeName, authSchemeNames } from '@holdfast/catalog'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { appBody, appItem } from './present.ts'
import { readyOAuthByApp } from './ready-integrations.ts'
import { AppBody, AppFilters, AppPage } from './schemas/apps.ts'
import { answers, Done, jsonContent, keyedRoute, PathKey, pageOf, pagingOf } from './schemas/common.ts'

const listApps = keyedRoute({
  method: 'get',
  path: '/api/v1/apps',
  operationId: 'listApps',
  tags: ['Apps'],
  summary: 'List apps',
  description: "The catalog and the project's own apps.",
  request: { query: AppFilters },
  responses: answers(AppPage, 'The apps.', 'validation_failed'),
})

const getApp = keyedRoute({
  method: 'get',
  path: '/api/v1/apps/{key}',
  operationId: 'getApp',
  tags: ['Apps'],
  summary: 'Get an app',
  request: { params: PathKey },
  responses: answers(AppBody, 'The app.', 'not_found'),
})

/** Checked by the catalog's own schema, in the service; here it only has to be an object. */
const Definition = z.record(z.string(), z.unknown()).openapi('AppDefinition')
const DefinitionChanges = z.record(z.string(), z.unknown()).openapi('AppDefinitionChanges', {
  description: 'Top-level fields of an AppDefinition.',
  example: { name: 'Acme CRM' },
})

const createApp = keyedRoute({
  method: 'post',
  path: '/api/v1/apps',
  operationId: 'createApp',
  tags: ['Apps'],
  summary: 'Add an app of your own',
  description:
    'The body has the very format of the built-in apps: data only. With the key of another app it takes that one’s place in this project. For an authorization server that describes itself (RFC 8414, OpenID Connect Discovery) `issuer` stands instead of `authSchemes`.',
  request: { body: jsonContent(Definition) },
  responses: answers(AppBody, 'The app.', 'validation_failed', 'conflict'),
})

const updateApp = keyedRoute({
  method: 'patch',
  path: '/api/v1/apps/{key}',
  operationId: 'updateApp',
  tags: ['Apps'],
  summary: 'Change an app of your own',
  description:
    'Top-level fields given replace those stored; the whole is validated again. A built-in app, or one of the operator’s files, becomes one of the project’s own by that.',
  request: { params: PathKey, body: jsonContent(DefinitionChanges) },
  responses: answers(AppBody, 'The app.', 'validation_failed', 'conflict', 'not_found'),
})

const deleteApp = keyedRoute({
  method: 'delete',
  path: '/api/v1/apps/{key}',
  operationId: 'deleteApp',
  tags: ['Apps'],
  summary: 'Delete an app of your own',
  description: 'One that took the place of another gives it back.',
  request: { params: PathKey },
  responses: answers(Done, 'It is gone.', 'conflict', 'not_supported', 'not_found'),
})

export function appRoutes({ integrations, baseUrl }: ApiDependencies): Routes {
  const present = async (projectId: string, key: string) => {
    const app = await integrations.getApp(projectId, key)
    const own = await integrations.list(projectId, { appKey: app.definition.key, showDisabled: false })
    return appBody(app, readyOAuthByApp(own).get(app.definition.key) ?? [], baseUrl)
  }

  return new OpenAPIHono<ApiEnv>()
    .openapi(listApps, async (c) => {
      const { search, category, authScheme, ...query } = c.req.valid('query')
      const apps = await integrations.listApps(c.var.project.id, { search, category, authScheme })
      const granted = (['OAUTH2', 'OAUTH1'] as const).map((scheme) =>
        integrations.list(c.var.project.id, { authScheme: scheme, showDisabled: false }),
      )
      const ready = readyOAuthByApp((await Promise.all(granted)).flat())
      const page = pageOf(apps, pagingOf(query))
      const all = page.items.map((app) => appItem(app, ready.get(app.definition.key) ?? [], baseUrl))
      const items = isPythonClient(c.req) ? all.map(withKnownSchemes) : all
      return c.json({ ...page, items }, 200)
    })
    .openapi(getApp, async (c) => {
      const body = await present(c.var.project.id, c.req.valid('param').key.toLowerCase())
      return c.json(isPythonClient(c.req) ? withoutEarlierSchemes(withKnownSchemes(body)) : body, 200)
    })
    .openapi(createApp, async (c) => {
      const app = await integrations.createApp(c.var.project.id, c.req.valid('json'))
      return c.json(await present(c.var.project.id, app.definition.key), 200)
    })
    .openapi(updateApp, async (c) => {
      const app = await integrations.updateApp(
        c.var.project.id,
        c.req.valid('param').key.toLowerCase(),
        c.req.valid('json'),
      )
      return c.json(await present(c.var.project.id, app.definition.key), 200)
    })
    .openapi(deleteApp, async (c) => {
      await integrations.deleteApp(c.var.project.id, c.req.valid('param').key.toLowerCase())
      return c.json({ status: 'success' as const, count: 1 }, 200)
    })
}

const isPythonClient = (request: { header(name: string): string | undefined }) =>
  request.header('x-source') === 'python_sdk'

/** Younger than the published Python client, which reads schemes as a fixed list and fails at any other. */
const youngSchemes: readonly AuthSchemeName[] = ['SERVICE_ACCOUNT', 'S2S_OAUTH2']

/** It still reaches the others by their integrations. */
const withKnownSchemes = <Body extends { auth_schemes: { mode: AuthSchemeName }[] }>(body: Body): Body => ({
  ...body,
  auth_schemes: body.auth_schemes.filter(({ mode }) => !youngSchemes.includes(mode)),
})

/**
 * The published Python client takes the first scheme of an order of its own that an app lists, and so would ask for
 * OAuth where the app prefers a key. What its order puts before the preferred scheme is left out for it; it still
 * reaches those schemes by their integrations.
 */
function withoutEarlierSchemes(body: z.output<typeof AppBody>): z.output<typeof AppBody> {
  const [preferred] = body.auth_schemes
  const place = (mode: AuthSchemeName) => authSchemeNames.indexOf(mode)
  return {
    ...body,
    auth_schemes: body.auth_schemes.filter(
      ({ mode }) => preferred !== undefined && place(mode) >= place(preferred.mode),
    ),
  }
}
