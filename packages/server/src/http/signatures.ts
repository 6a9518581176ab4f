import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { answers, jsonContent, keyedRoute, PathId } from './schemas/common.ts'
import { SignatureAnswer, SignatureBody } from './schemas/signatures.ts'
import { addressOf } from './visit.ts'

const sign = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/signature',
  operationId: 'signCall',
  tags: ['Connected accounts'],
  summary: 'Sign a call to the app',
  description:
    'For OAuth 1 and AWS Signature Version 4, where each call is signed and the credentials stay here. Send the call to `url`, with these headers besides your own, within a few minutes and once.',
  request: { params: PathId, body: jsonContent(SignatureBody) },
  responses: answers(
    SignatureAnswer,
    'Where the call goes, and the headers to add.',
    'validation_failed',
    'not_supported',
    'account_disabled',
    'account_not_active',
    'reconnect_required',
    'not_found',
    'provider_unavailable',
  ),
})

export const signatureRoutes = ({ accounts, credentialReads, clock, trustedProxies }: ApiDependencies): Routes =>
  new OpenAPIHono<ApiEnv>().openapi(sign, async (c) => {
    const { id } = c.req.valid('param')
    const { signedIn, project, keyId } = c.var
    if (signedIn)
      await accounts.reveal(project.id, id, {
        by: `${signedIn.operator.name} <${signedIn.operator.email}>`,
        reason: 'signature of a call',
      })
    const signed = await accounts.sign(project.id, id, c.req.valid('json'))
    if (keyId !== undefined) {
      const ip = addressOf(c.env?.incoming?.socket?.remoteAddress, c.req.header('x-forwarded-for'), trustedProxies)
      await credentialReads.record({ projectId: project.id, keyId, accountId: id, at: clock.now().getTime(), ip })
    }
    return c.json(signed, 200)
  })
