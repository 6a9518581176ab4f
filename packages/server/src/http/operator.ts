import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { invalid } from '../errors.ts'
import { signedInOf } from './caller.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { passkeyBody, sessionItem } from './present-operators.ts'
import { answers, Done, jsonContent, PathId } from './schemas/common.ts'
import {
  CodeInput,
  PasskeyBody,
  PasskeyList,
  PasswordInput,
  RecoveryCodes,
  SessionList,
  TotpProposal,
  WebAuthnOptionsBody,
  WebAuthnResponseInput,
} from './schemas/operators.ts'
import { sessionRoute } from './schemas/session-route.ts'
import { visitOf } from './visit.ts'

const tags = ['Signing in']

const changePassword = sessionRoute({
  method: 'post',
  path: '/api/v1/operator/password',
  operationId: 'changePassword',
  tags,
  summary: 'Change your password',
  description: 'Ends your other sessions.',
  request: { body: jsonContent(PasswordInput) },
  responses: answers(Done, 'It is changed.', 'validation_failed', 'forbidden'),
})

const listSessions = sessionRoute({
  method: 'get',
  path: '/api/v1/operator/sessions',
  operationId: 'listOwnSessions',
  tags,
  summary: 'List your sessions',
  responses: answers(SessionList, 'The sessions, newest first.'),
})

const endSession = sessionRoute({
  method: 'delete',
  path: '/api/v1/operator/sessions/{id}',
  operationId: 'endOwnSession',
  tags,
  summary: 'End one of your sessions',
  request: { params: PathId },
  responses: answers(Done, 'It has ended.', 'not_found', 'forbidden'),
})

const proposeTotp = sessionRoute({
  method: 'post',
  path: '/api/v1/operator/totp',
  operationId: 'proposeTotp',
  tags,
  summary: 'Begin to use one-time codes',
  description: 'Codes are asked for once one was confirmed.',
  responses: answers(TotpProposal, 'For your authenticator app.', 'conflict', 'forbidden'),
})

const confirmTotp = sessionRoute({
  method: 'post',
  path: '/api/v1/operator/totp/confirmation',
  operationId: 'confirmTotp',
  tags,
  summary: 'Switch one-time codes on',
  request: { body: jsonContent(CodeInput) },
  responses: answers(RecoveryCodes, 'They are on.', 'validation_failed', 'conflict', 'forbidden'),
})

const removeTotp = sessionRoute({
  method: 'delete',
  path: '/api/v1/operator/totp',
  operationId: 'removeTotp',
  tags,
  summary: 'Switch one-time codes off',
  request: { body: jsonContent(CodeInput) },
  responses: answers(Done, 'They are off.', 'validation_failed', 'conflict', 'forbidden'),
})

const listPasskeys = sessionRoute({
  method: 'get',
  path: '/api/v1/operator/passkeys',
  operationId: 'listPasskeys',
  tags,
  summary: 'List your passkeys',
  responses: answers(PasskeyList, 'The passkeys.'),
})

const passkeyOptions = sessionRoute({
  method: 'post',
  path: '/api/v1/operator/passkeys/options',
  operationId: 'getNewPasskeyOptions',
  tags,
  summary: 'Begin to register a passkey',
  responses: answers(WebAuthnOptionsBody, 'For navigator.credentials.create.', 'not_supported', 'forbidden'),
})

const addPasskey = sessionRoute({
  method: 'post',
  path: '/api/v1/operator/passkeys/verification',
  operationId: 'addPasskey',
  tags,
  summary: 'Register a passkey',
  request: { body: jsonContent(WebAuthnResponseInput) },
  responses: answers(PasskeyBody, 'It is registered.', 'validation_failed', 'conflict', 'forbidden'),
})

const deletePasskey = sessionRoute({
  method: 'delete',
  path: '/api/v1/operator/passkeys/{id}',
  operationId: 'deletePasskey',
  tags,
  summary: 'Delete a passkey of yours',
  request: { params: PathId },
  responses: answers(Done, 'It no longer signs in.', 'not_found', 'forbidden'),
})

/** What operators do about themselves, whatever their role. */
export function operatorRoutes(dependencies: ApiDependencies): Routes {
  const { operators } = dependencies
  const done = { status: 'success' as const, count: 1 }
  const idOf = (c: Context<ApiEnv>) => signedInOf(c).operator.id

  return new OpenAPIHono<ApiEnv>()
    .openapi(changePassword, async (c) => {
      await operators.changePassword(signedInOf(c), c.req.valid('json'), visitOf(c, dependencies))
      return c.json(done, 200)
    })
    .openapi(listSessions, async (c) => {
      const { operator, sessionId } = signedInOf(c)
      const sessions = await operators.sessions(operator.id)
      return c.json({ items: sessions.map((session) => sessionItem(session, sessionId)) }, 200)
    })
    .openapi(endSession, async (c) => {
      await operators.endSession(idOf(c), c.req.valid('param').id)
      return c.json(done, 200)
    })
    .openapi(proposeTotp, async (c) => {
      const { secret, uri } = await operators.proposeTotp(idOf(c))
      return c.json({ secret: secret.reveal(), uri: uri.reveal() }, 200)
    })
    .openapi(confirmTotp, async (c) => {
      const codes = await operators.confirmTotp(idOf(c), c.req.valid('json').code)
      return c.json({ recoveryCodes: codes.map((code) => code.reveal()) }, 200)
    })
    .openapi(removeTotp, async (c) => {
      await operators.removeTotp(idOf(c), c.req.valid('json').code)
      return c.json(done, 200)
    })
    .openapi(listPasskeys, async (c) => c.json({ items: (await operators.passkeys(idOf(c))).map(passkeyBody) }, 200))
    .openapi(passkeyOptions, async (c) => c.json(await operators.passkeyOptions(idOf(c)), 200))
    .openapi(addPasskey, async (c) => {
      const { name = 'Passkey', ...body } = c.req.valid('json')
      if (typeof name !== 'string') throw invalid({ property: 'name', message: 'must be a string' })
      return c.json(passkeyBody(await operators.addPasskey(idOf(c), registrationIn(body), name)), 200)
    })
    .openapi(deletePasskey, async (c) => {
      await operators.deletePasskey(idOf(c), c.req.valid('param').id)
      return c.json(done, 200)
    })
}

/** The browser's answer as it is, or as `response` of the body. */
function registrationIn(body: Record<string, unknown>): Record<string, unknown> {
  if (typeof body.id === 'string') return body
  const { response } = body
  if (typeof response !== 'object' || response === null)
    throw invalid({ property: 'response', message: 'is required: what navigator.credentials.create answered' })
  return response as Record<string, unknown>
}
