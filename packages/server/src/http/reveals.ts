import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { answers, jsonContent, keyedRoute, PathId } from './schemas/common.ts'
import { RevealedCredentials, RevealInput } from './schemas/operators.ts'

const reveal = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/credentials/reveals',
  operationId: 'revealCredentials',
  tags: ['Connected accounts'],
  summary: 'Show the credentials of a connected account to a person',
  description:
    'Who looked, and why, is an event of the account before the answer leaves. Operators who are signed in get credentials here and in auth params, and nowhere else.',
  request: { params: PathId, body: jsonContent(RevealInput, false) },
  responses: answers(
    RevealedCredentials,
    'The credentials, this once.',
    'validation_failed',
    'account_disabled',
    'account_not_active',
    'reconnect_required',
    'not_found',
    'provider_unavailable',
  ),
})

export const revealRoutes = ({ accounts }: ApiDependencies): Routes =>
  new OpenAPIHono<ApiEnv>().openapi(reveal, async (c) => {
    const { reason } = c.req.valid('json')
    const { signedIn, project } = c.var
    const by = signedIn ? `${signedIn.operator.name} <${signedIn.operator.email}>` : 'API key'
    c.set('detail', reason)
    const params = await accounts.reveal(project.id, c.req.valid('param').id, { by, reason })
    return c.json({ params: { ...params } }, 200)
  })
