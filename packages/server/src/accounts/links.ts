import { AppError, invalid } from '../errors.ts'
import { newId, newToken, sha256 } from '../ids.ts'
import type { Integration } from '../integrations/index.ts'
import type { ConnectLinkRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { view } from './flow.ts'
import { initiate, needsConfirmation, noWayBack } from './initiate.ts'
import { pageStatus } from './page-facts.ts'
import { toAccount } from './present.ts'
import { describedScopes, scopesFor } from './providers.ts'
import { checkHandleTarget, checkRedirectUri, withResult } from './redirects.ts'
import { reference } from './requests.ts'
import { retry } from './retry.ts'
import type { ConnectFlow, LinkOption } from './types.ts'

/** Connect links are handed to people, so they live longer than the request that a click on one begins. */
const linkLifetimeMs = 60 * 60_000

type LinkVerbs = Pick<ConnectFlow, 'createLink' | 'viewLink' | 'submitLink' | 'pageStatus' | 'retry'>

export function createLinks(context: Context): LinkVerbs {
  const { store, clock } = context

  const isOverdue = (link: ConnectLinkRow) => link.expires_at <= clock.now().getTime()

  return {
    async createLink(projectId, { entityId, integrationIds = [], apps = [], redirectUri }) {
      const project = await store.projects.find(projectId)
      if (!project) throw new AppError('not_found', 'There is no such project.')
      const chosen: Integration[] = []
      for (const id of integrationIds) chosen.push(await context.integrations.get(projectId, id))
      for (const [index, key] of apps.entries())
        chosen.push(await integrationOfApp(context, projectId, key, `apps.${index}`))
      const allowed = checkRedirectUri(project, redirectUri)
      const isConfirmed = (integration: Pick<Integration, 'userVerification'>) =>
        needsConfirmation(project, integration)
      const mustReturn = chosen.length > 0 ? chosen.some(isConfirmed) : isConfirmed({ userVerification: null })
      if (mustReturn && allowed === null) throw noWayBack()
      if (mustReturn && allowed !== null) checkHandleTarget(project, allowed)
      const token = newToken()
      const now = clock.now()
      const row: ConnectLinkRow = {
        id: newId(),
        project_id: projectId,
        entity_id: entityId,
        token_hash: sha256(token),
        integration_ids: chosen.length > 0 ? JSON.stringify([...new Set(chosen.map(({ id }) => id))]) : null,
        redirect_uri: allowed,
        expires_at: now.getTime() + linkLifetimeMs,
        created_at: now.getTime(),
      }
      await store.requests.insertLink(row)
      return {
        id: row.id,
        url: `${context.baseUrl}/connect/links/${token}`,
        entityId,
        redirectUri: row.redirect_uri,
        expiresAt: new Date(row.expires_at),
        createdAt: now,
      }
    },

    async viewLink(token) {
      const link = await store.requests.findLinkByToken(sha256(token))
      if (!link) return null
      const project = await store.projects.find(link.project_id)
      const accountId = await store.requests.accountConnectedByLink(link.id)
      const row = accountId === undefined ? undefined : await store.accounts.find(link.project_id, accountId)
      return {
        reference: reference(link.id),
        state: accountId !== undefined ? 'used' : isOverdue(link) ? 'expired' : 'ready',
        projectId: link.project_id,
        projectName: project?.name ?? '',
        entityId: link.entity_id,
        options: (await integrationsOf(context, link)).map((integration) => toOption(context, integration)),
        returnUrl:
          link.redirect_uri && row ? withResult(link.redirect_uri, toAccount(row, row.app_key)) : link.redirect_uri,
        expiresAt: new Date(link.expires_at),
      }
    },

    pageStatus: (of, token) => pageStatus(context, of, token),

    retry: (input) => retry(context, input),

    async submitLink(token, { integrationId, data }) {
      const link = await store.requests.findLinkByToken(sha256(token))
      if (!link) throw new AppError('not_found', 'There is no such link.')
      if (isOverdue(link) || (await store.requests.accountConnectedByLink(link.id)) !== undefined)
        throw new AppError('conflict', 'This link was used or has expired.')
      if (!(await integrationsOf(context, link)).some((integration) => integration.id === integrationId))
        throw invalid({ property: 'integrationId', message: 'not among the choices of this link' })
      const input = { integrationId, entityId: link.entity_id, data, redirectUri: link.redirect_uri ?? undefined }
      const { redirectUrl, requestToken, confirmUrl } = await initiate(context, link.project_id, input, link.id)
      if (redirectUrl !== null) return { redirectUrl }
      if (confirmUrl !== null) return { parked: { returnUrl: confirmUrl } }
      const request = await store.requests.findByToken(sha256(requestToken ?? ''))
      if (!request) throw new AppError('internal', 'The connection was made but its request is gone.')
      return { connected: await view(context, request) }
    },
  }
}

/**
 * The choices of a link: those named, or the preferred integration of every app. One whose connections the developer
 * confirms is no choice of a link that has no way back to the developer.
 */
async function integrationsOf(context: Context, link: ConnectLinkRow): Promise<Integration[]> {
  const project = await context.store.projects.find(link.project_id)
  const all = (await context.integrations.list(link.project_id, { showDisabled: false })).filter(
    (integration) => link.redirect_uri !== null || !project || !needsConfirmation(project, integration),
  )
  if (link.integration_ids !== null) {
    const named = JSON.parse(link.integration_ids) as string[]
    return named
      .map((id) => all.find((integration) => integration.id === id))
      .filter((integration) => integration !== undefined)
  }
  const byApp = new Map<string, Integration>()
  for (const integration of all)
    if (!byApp.has(integration.app.definition.key)) byApp.set(integration.app.definition.key, integration)
  return [...byApp.values()]
}

async function integrationOfApp(
  context: Context,
  projectId: string,
  appKey: string,
  property: string,
): Promise<Integration> {
  const app = await context.integrations.getApp(projectId, appKey)
  const [integration] = await context.integrations.list(projectId, { appKey: app.definition.key, showDisabled: false })
  if (!integration)
    throw invalid({ property, message: `the project has no enabled integration of ${app.definition.key}` })
  return integration
}

const toOption = (context: Context, integration: Integration): LinkOption => ({
  integrationId: integration.id,
  app: {
    key: integration.app.definition.key,
    name: integration.app.definition.name,
    description: integration.app.definition.description,
    categories: integration.app.definition.categories,
  },
  authScheme: integration.scheme.scheme,
  fields: context.integrations.expectedFields(integration),
  scopes: describedScopes(integration, scopesFor(integration, undefined)),
  simulated: integration.simulated,
})
