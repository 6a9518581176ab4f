import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { createInputOf } from './integrations-v2.ts'
import { initiateAnswer } from './present.ts'
import { integrationOfApp } from './ready-integrations.ts'
import { InitiateV2Answer } from './schemas/accounts.ts'
import { answers, entityOf, jsonContent, keyedRoute } from './schemas/common.ts'
import { InitiateV2Body } from './schemas/integrations.ts'

const initiateV2 = keyedRoute({
  method: 'post',
  path: '/api/v2/connectedAccounts/initiateConnection',
  operationId: 'initiateConnectionV2',
  tags: ['Connected accounts'],
  summary: 'Connect an account (v2)',
  description:
    'By integration, by app (its first integration), or by app with integrationSecrets: then the integration with that OAuth client, which is made when there is none.',
  request: { body: jsonContent(InitiateV2Body) },
  responses: answers(
    InitiateV2Answer,
    'The connection has begun, or is made.',
    'validation_failed',
    'redirect_not_allowed',
    'credential_refused',
    'integration_disabled',
    'not_found',
    'provider_unavailable',
  ),
})

export function accountV2Routes({ accounts, integrations }: ApiDependencies): Routes {
  const integrationFor = async (
    projectId: string,
    body: z.output<typeof InitiateV2Body>,
  ): Promise<{ id: string; isNew: boolean }> => {
    if (body.app.integrationId !== undefined) return { id: body.app.integrationId, isNew: false }
    const input = createInputOf(body)
    if (input.clientId === undefined)
      return { id: (await integrationOfApp(integrations, projectId, input.appKey, input.authScheme)).id, isNew: false }
    const { integration, isNew } = await integrations.getOrCreate(projectId, input)
    return { id: integration.id, isNew }
  }

  return new OpenAPIHono<ApiEnv>().openapi(initiateV2, async (c) => {
    const body = c.req.valid('json')
    const { connection } = body
    const { id: projectId } = c.var.project
    const entityId = entityOf(connection ?? {})
    const { id: integrationId, isNew } = await integrationFor(projectId, body)
    const initiated = await accounts.initiate(projectId, {
      integrationId,
      entityId,
      data: connection?.initiateData ?? {},
      redirectUri: connection?.extra?.redirectURL ?? connection?.extra?.redirectUri,
      labels: connection?.extra?.labels,
    })
    return c.json(
      { connectionResponse: initiateAnswer(initiated), integration: { id: integrationId, isNewIntegration: isNew } },
      200,
    )
  })
}
