import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { connectLinkBody } from './present.ts'
import { answers, entityOf, jsonContent, keyedRoute } from './schemas/common.ts'
import { ConnectLinkBody, CreateConnectLinkBody } from './schemas/connect-links.ts'

const createLink = keyedRoute({
  method: 'post',
  path: '/api/v1/connectLinks',
  operationId: 'createConnectLink',
  tags: ['Connect links'],
  summary: 'Make a link to a hosted connect page',
  description: 'There the person picks an app and fills in what it needs.',
  request: { body: jsonContent(CreateConnectLinkBody) },
  responses: answers(
    ConnectLinkBody,
    'The link.',
    'validation_failed',
    'redirect_not_allowed',
    'integration_disabled',
    'not_found',
  ),
})

export function connectLinkRoutes({ flow }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>().openapi(createLink, async (c) => {
    const body = c.req.valid('json')
    const link = await flow.createLink(c.var.project.id, {
      entityId: entityOf(body),
      integrationIds: together(body.integrationId, body.integrationIds),
      apps: together(
        body.app?.toLowerCase(),
        body.apps?.map((key) => key.toLowerCase()),
      ),
      redirectUri: body.redirectUri,
    })
    return c.json(connectLinkBody(link), 200)
  })
}

function together(one: string | undefined, several: string[] | undefined): string[] | undefined {
  const all = [...(one === undefined ? [] : [one]), ...(several ?? [])]
  return all.length > 0 ? [...new Set(all)] : undefined
}
