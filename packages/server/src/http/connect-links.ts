import { OpenAPIHono } from '@hono/zod-openapi'
import { AppError } from '../errors.ts'
import type { KeyAccess } from '../projects/types.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { within } from './key-access.ts'
import { requireReach } from './key-limits.ts'
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
    const asked = together(body.integrationId, body.integrationIds)
    const apps = together(body.app, body.apps)
    const link = await flow.createLink(c.var.project.id, {
      entityId: entityOf(body),
      integrationIds: offered(c.var.access, { entityId: entityOf(body), asked, apps }),
      apps: together(
        body.app?.toLowerCase(),
        body.apps?.map((key) => key.toLowerCase()),
      ),
      redirectUri: body.redirectUri,
    })
    const url = body.locale === undefined ? link.url : `${link.url}?lang=${encodeURIComponent(body.locale)}`
    return c.json(connectLinkBody({ ...link, url }), 200)
  })
}

/** What a limited key may put on a link: what it reaches, and all of that when it names nothing. */
function offered(
  access: KeyAccess | undefined,
  { entityId, asked, apps }: { entityId: string; asked: string[] | undefined; apps: string[] | undefined },
): string[] | undefined {
  if (access?.integrationIds && apps)
    throw new AppError('insufficient_scope', 'This key is limited to some integrations: name one instead of an app.')
  for (const integrationId of asked ?? [undefined]) requireReach(access, { entityId, integrationId })
  return within(asked, access?.integrationIds)
}

function together(one: string | undefined, several: string[] | undefined): string[] | undefined {
  const all = [...(one === undefined ? [] : [one]), ...(several ?? [])]
  return all.length > 0 ? [...new Set(all)] : undefined
}
