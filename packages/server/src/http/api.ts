import { OpenAPIHono } from '@hono/zod-openapi'
import { Hono, type MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import { accountActionRoutes } from './account-actions.ts'
import { accountLifecycleRoutes } from './account-lifecycle.ts'
import { accountTransferRoutes } from './account-transfer.ts'
import { answerHeaders } from './answer-headers.ts'
import { appRoutes } from './apps.ts'
import { auditLog } from './audit.ts'
import { jsonBody } from './body.ts'
import { brandingRoutes } from './branding.ts'
import { browserSessions } from './browser-sessions.ts'
import { apiCaller } from './caller.ts'
import { clientInfoRoutes } from './client-info.ts'
import { connectLinkRoutes } from './connect-links.ts'
import { accountRoutes } from './connected-accounts.ts'
import { accountV2Routes } from './connected-accounts-v2.ts'
import type { ApiDependencies, ApiEnv } from './context.ts'
import { docsRoutes } from './docs.ts'
import { entityRoutes } from './entities.ts'
import { entitySessionRoutes } from './entity-sessions.ts'
import { answerError, noRoute, validationError } from './errors.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import { idempotency } from './idempotency.ts'
import { integrationRoutes } from './integrations.ts'
import { integrationV2Routes } from './integrations-v2.ts'
import { keyLimits } from './key-limits.ts'
import { killSwitchRoutes } from './kill-switches.ts'
import { metricsRoutes } from './metrics.ts'
import { notOfferedRoutes } from './not-offered.ts'
import { openApiDocument } from './openapi.ts'
import { operatorRoutes } from './operator.ts'
import { operatorsRoutes } from './operators.ts'
import { overviewRoutes } from './overview.ts'
import { apiPaths, routingPath } from './paths.ts'
import { projectRoutes } from './projects.ts'
import { limitKeys, limitRefusals } from './rate-limits.ts'
import { requestJournal } from './request-journal.ts'
import { requestLog } from './request-log.ts'
import { requestRoutes } from './requests.ts'
import { revealRoutes } from './reveals.ts'
import { sessionRoutes } from './session.ts'
import { signatureRoutes } from './signatures.ts'
import { streamRoutes } from './stream.ts'
import { webhookRoutes } from './webhooks.ts'

/**
 * The whole API. It may be mounted beside other parts of the server with `route('/', api)`: it takes only its own paths,
 * and its prefix handling, errors and log lines go with it.
 */
export function createApi(dependencies: ApiDependencies): Hono<ApiEnv> {
  const routes = apiRoutes(dependencies)
  const answerNothing = (request: Request) => routes.fetch(request)
  const api = new Hono<ApiEnv>()
  for (const path of apiPaths) api.all(path, (c) => routes.fetch(c.req.raw, c.env))
  api.notFound((c) => answerNothing(c.req.raw))
  return api
}

/** The routes under their canonical paths, with everything around them. */
export function apiRoutes(dependencies: ApiDependencies): OpenAPIHono<ApiEnv> {
  const { projects, log, baseUrl, version, operation } = dependencies
  const api = new OpenAPIHono<ApiEnv>({
    getPath: routingPath,
    defaultHook: (result) => {
      if (!result.success) throw validationError(result.error)
    },
  })
  if (operation) api.use(operation.observe)
  api.use(requestLog(log))
  api.use(answerHeaders(baseUrl))
  api.onError(answerError(log))
  api.notFound((c) => {
    throw noRoute(c.req.method, c.req.path)
  })

  api.use('/api/*', requestJournal(dependencies.requestLog))
  api.use('/api/*', auditLog(dependencies))
  api.use('/api/*', browserSessions())
  api.use('/api/*', limitRefusals(dependencies.limits, dependencies))
  api.use('/api/*', apiCaller(dependencies))
  api.use('/api/*', limitKeys(dependencies.limits))
  api.use('/api/*', keyLimits(dependencies))
  api.use('/api/*', noNulInUrl)
  api.use('/api/*', noPlaceholderInPath)
  api.use('/api/*', jsonBody())
  api.use('/api/*', idempotency(dependencies.idempotencyKeys))

  for (const resource of [
    accountRoutes,
    accountV2Routes,
    accountActionRoutes,
    accountLifecycleRoutes,
    accountTransferRoutes,
    killSwitchRoutes,
    entityRoutes,
    entitySessionRoutes,
    connectLinkRoutes,
    integrationRoutes,
    integrationV2Routes,
    appRoutes,
    clientInfoRoutes,
    projectRoutes,
    brandingRoutes,
    sessionRoutes,
    operatorRoutes,
    operatorsRoutes,
    overviewRoutes,
    requestRoutes,
    revealRoutes,
    signatureRoutes,
    webhookRoutes,
    eventRoutes,
    streamRoutes,
    notOfferedRoutes,
    healthRoutes,
  ])
    api.route('/', resource(dependencies))

  // Relative, so that calls can be tried from the page under whatever name the server is reached by.
  const serverUrl = new URL(baseUrl).pathname
  let document: object | undefined
  api.get('/openapi.json', (c) => {
    document ??= openApiDocument(api, { version, serverUrl })
    return c.json(document)
  })
  api.route('/', docsRoutes(baseUrl))
  if (operation) api.route('/', metricsRoutes(projects, operation))
  return api
}

/** No id, key or filter has one, and PostgreSQL takes no text that does. */
const noNulInUrl: MiddlewareHandler = async (c, next) => {
  if (c.req.raw.url.includes('%00')) throw new AppError('validation_failed', 'A URL may not contain a NUL character.')
  await next()
}

/**
 * Published clients write `{connectedAccountId}` into the path when their caller gave no id. That is nothing here, whatever
 * the body says.
 */
const noPlaceholderInPath: MiddlewareHandler = async (c, next) => {
  const [, name] = /\/(?:\{|%7b)([^/]*?)(?:\}|%7d)(?:\/|$)/i.exec(new URL(c.req.raw.url).pathname) ?? []
  if (name !== undefined) throw new AppError('not_found', `The path has no value for ${name.slice(0, 100)}.`)
  await next()
}
