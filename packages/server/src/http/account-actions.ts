import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { accountBody } from './present.ts'
import { BulkAnswer, BulkBody, CheckBody } from './schemas/account-actions.ts'
import { AccountBody } from './schemas/accounts.ts'
import { answers, jsonContent, keyedRoute, PathId } from './schemas/common.ts'

const tags = ['Connected accounts']

const refusals = [
  'not_found',
  'account_disabled',
  'account_not_active',
  'reconnect_required',
  'provider_unavailable',
] as const

const refreshAccount = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/refresh',
  operationId: 'refreshConnectedAccount',
  tags,
  summary: 'Get a new access token now',
  description:
    'Never needed: tokens are refreshed before they end. For when an app refuses a token that should be good. The answer has no credentials. An account whose tokens do not end is left as it is.',
  request: { params: PathId },
  responses: answers(AccountBody, 'The account as it is now.', ...refusals),
})

const checkAccount = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/check',
  operationId: 'checkConnectedAccount',
  tags,
  summary: 'Ask the app whether the credentials are good',
  description: "Makes the app's cheap test call. The account stays as it is, whatever the app says.",
  request: { params: PathId },
  responses: answers(CheckBody, 'What the app said.', ...refusals),
})

const changeMany = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/bulk',
  operationId: 'changeConnectedAccounts',
  tags,
  summary: 'Change all accounts that match a filter',
  description:
    'Up to 200 in a call; go on with nextCursor until it is null. Each change has its event. A call that was lost can be made again.',
  request: { body: jsonContent(BulkBody) },
  responses: answers(BulkAnswer, 'What was changed.', 'validation_failed'),
})

export function accountActionRoutes({ accounts, baseUrl }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(refreshAccount, async (c) => {
      const { project } = c.var
      const account = await accounts.refresh(project.id, c.req.valid('param').id)
      return c.json(accountBody(account, project, baseUrl, await accounts.duplicatesOf(project.id, account.id)), 200)
    })
    .openapi(checkAccount, async (c) => {
      const { result, checkedAt } = await accounts.check(c.var.project.id, c.req.valid('param').id)
      return c.json({ result, checkedAt: checkedAt.toISOString() }, 200)
    })
    .openapi(changeMany, async (c) => {
      const { action, filter, cursor } = c.req.valid('json')
      const { apps, ...selection } = filter
      const result = await accounts.changeMany(c.var.project.id, {
        action,
        filter: { ...selection, appKeys: apps?.map((key) => key.toLowerCase()) },
        cursor: cursor ?? undefined,
      })
      return c.json(result, 200)
    })
}
