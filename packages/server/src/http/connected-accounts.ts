import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Account, AccountFilter } from '../accounts/types.ts'
import { AppError, type ErrorCode, invalid } from '../errors.ts'
import type { KeyAccess, Project } from '../projects/types.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { mayReadCredentials, within } from './key-access.ts'
import { requireReach } from './key-limits.ts'
import { accountBody, accountItem, authParamsBody, initiateAnswer, revocationBody } from './present.ts'
import { integrationOfApp } from './ready-integrations.ts'
import {
  AccountBody,
  AccountDone,
  AccountFilters,
  AccountPage,
  AccountWait,
  AuthParamsBody,
  ConfirmBody,
  InitiateAnswer,
  InitiateBody,
  LabelsBody,
  ReinitiateBody,
  SimulatorAnswer,
  SimulatorScriptBody,
} from './schemas/accounts.ts'
import { answers, entityOf, jsonContent, keyedRoute, PathId, pagingOf } from './schemas/common.ts'
import { AccountDeleted } from './schemas/lifecycle.ts'
import { addressOf } from './visit.ts'

const tags = ['Connected accounts']

const initiate = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts',
  operationId: 'initiateConnection',
  tags,
  summary: 'Connect an account',
  description:
    'Key schemes are ACTIVE in the answer. OAuth answers a redirectUrl: send the person there, then wait until the account is ACTIVE.',
  request: { body: jsonContent(InitiateBody) },
  responses: answers(
    InitiateAnswer,
    'The connection has begun, or is made.',
    'validation_failed',
    'redirect_not_allowed',
    'credential_refused',
    'integration_disabled',
    'not_found',
    'provider_unavailable',
  ),
})

const listAccounts = keyedRoute({
  method: 'get',
  path: '/api/v1/connectedAccounts',
  operationId: 'listConnectedAccounts',
  tags,
  summary: 'List connected accounts',
  description: 'All filters given must match. A filter that does not exist is a 400.',
  request: { query: AccountFilters },
  responses: answers(AccountPage, 'The accounts, newest first.', 'validation_failed'),
})

const getAccount = keyedRoute({
  method: 'get',
  path: '/api/v1/connectedAccounts/{id}',
  operationId: 'getConnectedAccount',
  tags,
  summary: 'Get a connected account',
  description:
    'With fresh credentials when it is ACTIVE and enabled. When the app cannot be reached or the grant is lost, the answer is the account as it stands, without credentials.',
  request: { params: PathId, query: AccountWait },
  responses: answers(AccountBody, 'The account.', 'validation_failed', 'not_found'),
})

const getAuthParams = keyedRoute({
  method: 'get',
  path: '/api/v1/connectedAccounts/{id}/info',
  operationId: 'getAuthParams',
  tags,
  summary: 'Get what a call to the app needs',
  description: 'Refreshes first when the access token is near its end.',
  request: { params: PathId },
  responses: answers(
    AuthParamsBody,
    'Base URL and parameters.',
    'account_disabled',
    'account_not_active',
    'reconnect_required',
    'not_found',
    'provider_unavailable',
  ),
})

const reinitiate = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/reinitiate',
  operationId: 'reinitiateConnection',
  tags,
  summary: 'Renew a connected account',
  description: 'The id stays. Until the new grant arrives the old credentials stay in use.',
  request: { params: PathId, body: jsonContent(ReinitiateBody, false) },
  responses: answers(
    InitiateAnswer,
    'The connection has begun, or is made.',
    'validation_failed',
    'redirect_not_allowed',
    'credential_refused',
    'identity_mismatch',
    'integration_disabled',
    'not_found',
    'provider_unavailable',
  ),
})

const confirm = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/confirm',
  operationId: 'confirmConnection',
  tags,
  summary: 'Confirm who came back',
  description:
    'With userVerification the browser comes to redirectUri with status=confirmation_required and a handle. Say which of your users is signed in there: if it is the one the connection was begun for, the account is connected; anybody else ends it.',
  request: { body: jsonContent(ConfirmBody) },
  responses: answers(
    AccountBody,
    'The account, without credentials.',
    'validation_failed',
    'user_mismatch',
    'connection_failed',
    'conflict',
    'identity_mismatch',
    'credential_refused',
    'not_found',
    'provider_unavailable',
  ),
})

const enableAccount = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/enable',
  operationId: 'enableConnectedAccount',
  tags,
  summary: 'Enable a connected account',
  request: { params: PathId },
  responses: answers(AccountDone, 'It is enabled.', 'not_found'),
})

const disableAccount = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/disable',
  operationId: 'disableConnectedAccount',
  tags,
  summary: 'Disable a connected account',
  description: 'It keeps its credentials but hands them to nobody.',
  request: { params: PathId },
  responses: answers(AccountDone, 'It is disabled.', 'not_found'),
})

const setLabels = keyedRoute({
  method: 'patch',
  path: '/api/v1/connectedAccounts/{id}/data',
  operationId: 'labelConnectedAccount',
  tags,
  summary: 'Set the labels of a connected account',
  request: { params: PathId, body: jsonContent(LabelsBody) },
  responses: answers(AccountBody, 'The account, without credentials.', 'validation_failed', 'not_found'),
})

const deleteAccount = keyedRoute({
  method: 'delete',
  path: '/api/v1/connectedAccounts/{id}',
  operationId: 'deleteConnectedAccount',
  tags,
  summary: 'Delete a connected account',
  description:
    'Its credentials are deleted at once; the grant is given back to the app in the background, for up to 24 hours.',
  request: { params: PathId },
  responses: answers(AccountDeleted, 'It is gone.', 'not_found'),
})

const scriptSimulator = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/simulator',
  operationId: 'scriptSimulator',
  tags: ['Simulator'],
  summary: 'Tell the simulator how to behave for an account',
  description: 'Only for simulated accounts.',
  request: { params: PathId, body: jsonContent(SimulatorScriptBody) },
  responses: answers(
    SimulatorAnswer,
    'What the simulator now holds for the account.',
    'validation_failed',
    'not_supported',
    'not_found',
  ),
})

const saidNowhereElse: readonly ErrorCode[] = ['not_found', 'integrity_failed', 'key_unavailable']

export function accountRoutes(dependencies: ApiDependencies): Routes {
  const { accounts, integrations, baseUrl, clock, credentialReads, trustedProxies } = dependencies

  /** Before the answer leaves. Who is signed in reveals credentials, which is an event of the account. */
  const noteRead = async (c: Context<ApiEnv>, accountId: string) => {
    const { keyId, project } = c.var
    if (keyId === undefined) return
    const ip = addressOf(c.env?.incoming?.socket?.remoteAddress, c.req.header('x-forwarded-for'), trustedProxies)
    await credentialReads.record({ projectId: project.id, keyId, accountId, at: clock.now().getTime(), ip })
  }

  const presentWithout = async (project: Project, account: Account) =>
    accountBody(account, project, baseUrl, await accounts.duplicatesOf(project.id, account.id))

  /** Credentials are an extra here: without them the account is still the answer, unless nothing in it would say why. */
  const presentWithCredentials = async (c: Context<ApiEnv>, id: string) => {
    const { project } = c.var
    try {
      const { account, ...secrets } = await accounts.getWithCredentials(project.id, id)
      if (secrets.authParams) await noteRead(c, id)
      return accountBody(account, project, baseUrl, await accounts.duplicatesOf(project.id, id), secrets)
    } catch (error) {
      if (!(error instanceof AppError) || saidNowhereElse.includes(error.code)) throw error
      return presentWithout(project, await accounts.get(project.id, id))
    }
  }

  return new OpenAPIHono<ApiEnv>()
    .openapi(initiate, async (c) => {
      const body = c.req.valid('json')
      const { id: projectId } = c.var.project
      const appKey = body.app ?? body.appName
      if (body.integrationId === undefined && appKey === undefined)
        throw invalid({
          property: 'integrationId',
          message: 'is required (or app, for the first integration of an app)',
        })
      const integrationId =
        body.integrationId ?? (await integrationOfApp(integrations, projectId, (appKey as string).toLowerCase())).id
      const { data, redirectUri, labels, scopes, optionalScopes } = body
      requireReach(c.var.access, { entityId: entityOf(body), integrationId })
      const initiated = await accounts.initiate(projectId, {
        integrationId,
        entityId: entityOf(body),
        data,
        redirectUri,
        labels,
        scopes,
        optionalScopes,
      })
      return c.json(initiateAnswer(initiated), 200)
    })
    .openapi(listAccounts, async (c) => {
      const { project } = c.var
      const query = c.req.valid('query')
      const paging = pagingOf(query)
      const filter = reachedBy(c.var.access, filterOf(query))
      if (matchesNothing(filter))
        return c.json({ items: [], page: paging.page, totalPages: 0, totalItems: 0, nextCursor: null }, 200)
      if (query.cursor !== undefined && query.page !== undefined)
        throw invalid({ property: 'cursor', message: 'goes without page' })
      const page =
        query.cursor === undefined
          ? await accounts.list(project.id, filter, paging)
          : await accounts.listFrom(project.id, filter, { cursor: query.cursor, pageSize: paging.pageSize })
      const items = page.items.map((account) => accountItem(account, project, baseUrl))
      return c.json({ ...page, items }, 200)
    })
    .openapi(getAccount, async (c) => {
      const { id } = c.req.valid('param')
      const { waitFor, timeoutSeconds = 30 } = c.req.valid('query')
      if (waitFor !== undefined)
        await accounts.waitFor(c.var.project.id, id, waitFor, timeoutSeconds * 1000, c.req.raw.signal)
      // Opening a page must not show credentials: who is signed in asks for them, and that is written down.
      if (c.var.signedIn || !mayReadCredentials(c.var.access)) {
        const account = await accounts.get(c.var.project.id, id)
        return c.json(await presentWithout(c.var.project, account), 200)
      }
      return c.json(await presentWithCredentials(c, id), 200)
    })
    .openapi(getAuthParams, async (c) => {
      const { id } = c.req.valid('param')
      const { signedIn, project } = c.var
      if (signedIn)
        await accounts.reveal(project.id, id, {
          by: `${signedIn.operator.name} <${signedIn.operator.email}>`,
          reason: 'auth params',
        })
      const authParams = await accounts.authParams(project.id, id)
      await noteRead(c, id)
      return c.json(authParamsBody(authParams), 200)
    })
    .openapi(confirm, async (c) =>
      c.json(await presentWithout(c.var.project, await accounts.confirm(c.var.project.id, c.req.valid('json'))), 200),
    )
    .openapi(reinitiate, async (c) => {
      const { id } = c.req.valid('param')
      const initiated = await accounts.reinitiate(c.var.project.id, id, c.req.valid('json'))
      return c.json(initiateAnswer(initiated), 200)
    })
    .openapi(enableAccount, async (c) =>
      c.json(changed(await accounts.setEnabled(c.var.project.id, c.req.valid('param').id, true)), 200),
    )
    .openapi(disableAccount, async (c) =>
      c.json(changed(await accounts.setEnabled(c.var.project.id, c.req.valid('param').id, false)), 200),
    )
    .openapi(setLabels, async (c) => {
      const account = await accounts.setLabels(c.var.project.id, c.req.valid('param').id, c.req.valid('json').labels)
      return c.json(await presentWithout(c.var.project, account), 200)
    })
    .openapi(deleteAccount, async (c) => {
      const revocation = await accounts.delete(c.var.project.id, c.req.valid('param').id)
      return c.json({ status: 'success' as const, count: 1, revocation: revocationBody(revocation) }, 200)
    })
    .openapi(scriptSimulator, async (c) => {
      const state = await accounts.scriptSimulator(c.var.project.id, c.req.valid('param').id, c.req.valid('json'))
      return c.json({ state }, 200)
    })
}

const changed = (account: Account) => ({ status: 'success' as const, connectedAccountId: account.id })

/** A limited key sees in a list what it reaches, and nothing tells that there is more. */
const reachedBy = (access: KeyAccess | undefined, filter: AccountFilter): AccountFilter => ({
  ...filter,
  entityIds: within(filter.entityIds, access?.entityIds),
  integrationIds: within(filter.integrationIds, access?.integrationIds),
  accountIds: within(filter.accountIds, access?.accountIds),
})

type AccountQuery = ReturnType<typeof AccountFilters.parse>

/** Two spellings of one filter given together narrow each other, like any two filters. */
function filterOf(query: AccountQuery): AccountFilter {
  const lower = (keys: string[] | undefined) => present(keys)?.map((key) => key.toLowerCase())
  return {
    entityIds: both(query.entityId, query.user_uuid),
    integrationIds: present(query.integrationId),
    accountIds: present(query.connectionId),
    appKeys: both(both(lower(query.appNames), lower(query.appUniqueKeys)), lower(query['appUniqueKeys[]'])),
    statuses: both(present(query.status), query.showActiveOnly ? ['ACTIVE'] : undefined),
    labels: present(query.labels),
    search: query.search,
    showDisabled: query.showDisabled,
  }
}

/** A blank list means that the filter was not given. */
const present = <Item>(list: Item[] | undefined): Item[] | undefined => (list && list.length > 0 ? list : undefined)

const both = <Item>(a: Item[] | undefined, b: Item[] | undefined): Item[] | undefined =>
  a && b ? a.filter((item) => b.includes(item)) : (a ?? b)

const matchesNothing = (filter: AccountFilter): boolean =>
  Object.values(filter).some((value) => Array.isArray(value) && value.length === 0)
