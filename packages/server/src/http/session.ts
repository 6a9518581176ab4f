import { createRoute, OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { NewSession, Operator } from '../operators/types.ts'
import { signedInOf } from './caller.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { projectBody } from './present.ts'
import { operatorBody } from './present-operators.ts'
import { answers, Done, jsonContent } from './schemas/common.ts'
import {
  AcceptInput,
  InvitationSeen,
  PathToken,
  SessionBody,
  SetupInput,
  SetupState,
  SignedInBody,
  SignInInput,
  WebAuthnOptionsBody,
  WebAuthnResponseInput,
} from './schemas/operators.ts'
import { sessionRoute } from './schemas/session-route.ts'
import { clearSession, sessionTokenOf, setSession } from './session-cookie.ts'
import { visitOf } from './visit.ts'

const tags = ['Signing in']

const readSetup = createRoute({
  method: 'get',
  path: '/api/v1/setup',
  operationId: 'getSetup',
  tags,
  summary: 'Ask whether there is an owner yet',
  responses: answers(SetupState, 'The state.'),
})

const setUp = createRoute({
  method: 'post',
  path: '/api/v1/setup',
  operationId: 'setUp',
  tags,
  summary: 'Make the owner, by the link that the first start prints',
  description: 'Once. Signs in.',
  request: { body: jsonContent(SetupInput) },
  responses: answers(SignedInBody, 'The owner, signed in.', 'validation_failed', 'forbidden'),
})

const signIn = createRoute({
  method: 'post',
  path: '/api/v1/session',
  operationId: 'signIn',
  tags,
  summary: 'Sign in',
  description: 'The session is in a cookie of this origin. It ends after 12 hours without use, and after 7 days.',
  request: { body: jsonContent(SignInInput) },
  responses: answers(SignedInBody, 'Signed in.', 'validation_failed', 'totp_required', 'forbidden'),
})

const passkeyOptions = createRoute({
  method: 'post',
  path: '/api/v1/session/passkeys/options',
  operationId: 'getSignInPasskeyOptions',
  tags,
  summary: 'Begin to sign in with a passkey',
  responses: answers(WebAuthnOptionsBody, 'For navigator.credentials.get.', 'not_supported', 'forbidden'),
})

const passkeySignIn = createRoute({
  method: 'post',
  path: '/api/v1/session/passkeys/verification',
  operationId: 'signInWithPasskey',
  tags,
  summary: 'Sign in with a passkey',
  request: { body: jsonContent(WebAuthnResponseInput) },
  responses: answers(SignedInBody, 'Signed in.', 'validation_failed', 'forbidden'),
})

const readSession = sessionRoute({
  method: 'get',
  path: '/api/v1/session',
  operationId: 'getSession',
  tags,
  summary: 'Get who is signed in',
  responses: answers(SessionBody, 'The operator, and the projects there are.'),
})

const signOut = sessionRoute({
  method: 'delete',
  path: '/api/v1/session',
  operationId: 'signOut',
  tags,
  summary: 'Sign out',
  responses: answers(Done, 'The session has ended.', 'forbidden'),
})

const readInvitation = createRoute({
  method: 'get',
  path: '/api/v1/operatorInvites/{token}/acceptance',
  operationId: 'getInviteByToken',
  tags,
  summary: 'See an invitation one was given',
  request: { params: PathToken },
  responses: answers(InvitationSeen, 'Who is invited, as what.', 'not_found'),
})

const acceptInvitation = createRoute({
  method: 'post',
  path: '/api/v1/operatorInvites/{token}/acceptance',
  operationId: 'acceptInvite',
  tags,
  summary: 'Accept an invitation',
  description: 'Once. Signs in.',
  request: { params: PathToken, body: jsonContent(AcceptInput) },
  responses: answers(
    SignedInBody,
    'The operator, signed in.',
    'validation_failed',
    'conflict',
    'not_found',
    'forbidden',
  ),
})

export function sessionRoutes(dependencies: ApiDependencies): Routes {
  const { operators, projects, baseUrl, clock } = dependencies
  const visit = (c: Context<ApiEnv>) => visitOf(c, dependencies)

  const ownOperator = async (operator: Operator) => ({
    ...operatorBody(operator),
    passkeys: (await operators.passkeys(operator.id)).length,
  })

  const begin = async (c: Context<ApiEnv>, session: NewSession) => {
    const { operator } = session
    c.set('newcomer', operator)
    setSession(c, baseUrl, session, clock.now())
    return { operator: await ownOperator(operator) }
  }

  return new OpenAPIHono<ApiEnv>()
    .openapi(readSetup, async (c) => c.json({ needed: await operators.needsSetup() }, 200))
    .openapi(setUp, async (c) => c.json(await begin(c, await operators.setUp(c.req.valid('json'), visit(c))), 200))
    .openapi(signIn, async (c) => {
      const input = c.req.valid('json')
      c.set('triedEmail', input.email)
      return c.json(await begin(c, await operators.signIn(input, visit(c))), 200)
    })
    .openapi(passkeyOptions, async (c) => c.json(await operators.passkeySignInOptions(visit(c)), 200))
    .openapi(passkeySignIn, async (c) =>
      c.json(await begin(c, await operators.passkeySignIn(c.req.valid('json'), visit(c))), 200),
    )
    .openapi(readSession, async (c) => {
      const { operator } = signedInOf(c)
      const all = await projects.list()
      return c.json({ operator: await ownOperator(operator), projects: all.map(projectBody) }, 200)
    })
    .openapi(signOut, async (c) => {
      const token = sessionTokenOf(c, baseUrl)
      if (token !== undefined) await operators.signOut(token)
      clearSession(c, baseUrl)
      return c.json({ status: 'success' as const, count: 1 }, 200)
    })
    .openapi(readInvitation, async (c) => c.json(await operators.invitation(c.req.valid('param').token), 200))
    .openapi(acceptInvitation, async (c) => {
      const session = await operators.acceptInvitation(c.req.valid('param').token, c.req.valid('json'), visit(c))
      return c.json(await begin(c, session), 200)
    })
}
