import { OpenAPIHono } from '@hono/zod-openapi'
import { actorOf } from './caller.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { auditBody, invitationBody, operatorBody } from './present-operators.ts'
import { answers, Done, jsonContent, keyedRoute, PathId } from './schemas/common.ts'
import {
  AuditPage,
  AuditPaging,
  InvitationList,
  InviteInput,
  NewInvitation,
  OperatorBody,
  OperatorList,
  RoleInput,
} from './schemas/operators.ts'

const tags = ['Operators']
const description = "Needs the operator's key, or a session of an owner or admin."

const list = keyedRoute({
  method: 'get',
  path: '/api/v1/operators',
  operationId: 'listOperators',
  tags,
  summary: 'List the operators',
  description,
  responses: answers(OperatorList, 'The operators, oldest first.', 'forbidden'),
})

const setRole = keyedRoute({
  method: 'patch',
  path: '/api/v1/operators/{id}',
  operationId: 'setOperatorRole',
  tags,
  summary: 'Change what an operator may do',
  description: "Needs the operator's key, or a session of an owner. There is always an owner.",
  request: { params: PathId, body: jsonContent(RoleInput) },
  responses: answers(OperatorBody, 'The operator.', 'validation_failed', 'conflict', 'not_found', 'forbidden'),
})

const remove = keyedRoute({
  method: 'delete',
  path: '/api/v1/operators/{id}',
  operationId: 'deleteOperator',
  tags,
  summary: 'Remove an operator',
  description: `${description} Signs the person out everywhere. Only an owner removes an owner, and one stays.`,
  request: { params: PathId },
  responses: answers(Done, 'They are gone.', 'conflict', 'not_found', 'forbidden'),
})

const invite = keyedRoute({
  method: 'post',
  path: '/api/v1/operatorInvites',
  operationId: 'createOperatorInvite',
  tags,
  summary: 'Invite an operator',
  description: `${description} Nothing is mailed: hand the link to the person. It works once, within 7 days.`,
  request: { body: jsonContent(InviteInput) },
  responses: answers(NewInvitation, 'The invitation and its link.', 'validation_failed', 'conflict', 'forbidden'),
})

const listInvites = keyedRoute({
  method: 'get',
  path: '/api/v1/operatorInvites',
  operationId: 'listOperatorInvites',
  tags,
  summary: 'List invitations that are open',
  description,
  responses: answers(InvitationList, 'The invitations, newest first.', 'forbidden'),
})

const withdrawInvite = keyedRoute({
  method: 'delete',
  path: '/api/v1/operatorInvites/{id}',
  operationId: 'deleteOperatorInvite',
  tags,
  summary: 'Withdraw an invitation',
  description,
  request: { params: PathId },
  responses: answers(Done, 'Its link no longer works.', 'not_found', 'forbidden'),
})

const readAuditLog = keyedRoute({
  method: 'get',
  path: '/api/v1/auditLog',
  operationId: 'readAuditLog',
  tags,
  summary: 'Read who did what',
  description: `${description} Changes, credentials that were read, and sign-ins, of people and of keys. Each entry has the hash of its chain; \`holdfast audit verify\` recomputes them.`,
  request: { query: AuditPaging },
  responses: answers(AuditPage, 'The actions, newest first.', 'validation_failed', 'forbidden'),
})

export function operatorsRoutes({ operators, audit }: ApiDependencies): Routes {
  const done = { status: 'success' as const, count: 1 }

  return new OpenAPIHono<ApiEnv>()
    .openapi(list, async (c) => c.json({ items: (await operators.list()).map(operatorBody) }, 200))
    .openapi(setRole, async (c) => {
      const { id } = c.req.valid('param')
      return c.json(operatorBody(await operators.setRole(actorOf(c), id, c.req.valid('json').role)), 200)
    })
    .openapi(remove, async (c) => {
      await operators.delete(actorOf(c), c.req.valid('param').id)
      return c.json(done, 200)
    })
    .openapi(invite, async (c) => {
      const { invitation, url } = await operators.invite(actorOf(c), c.req.valid('json'))
      return c.json({ ...invitationBody(invitation), url: url.reveal() }, 200)
    })
    .openapi(listInvites, async (c) => c.json({ items: (await operators.invitations()).map(invitationBody) }, 200))
    .openapi(withdrawInvite, async (c) => {
      await operators.withdrawInvitation(c.req.valid('param').id)
      return c.json(done, 200)
    })
    .openapi(readAuditLog, async (c) => {
      const { items, nextCursor } = await audit.read(c.req.valid('query'))
      return c.json({ items: items.map(auditBody), nextCursor }, 200)
    })
}
