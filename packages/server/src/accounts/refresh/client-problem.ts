import type { Integration } from '../../integrations/index.ts'
import type { TokenError } from '../../oauth/types.ts'
import type { Context } from '../context.ts'

/** While an app refuses the integration's OAuth client, one account a minute asks whether it still does. */
const probeEveryMs = 60_000

/** Whether this attempt may call the app: always, unless the integration is flagged and another one is probing. */
export async function mayCall({ store, clock }: Context, { projectId, id, problem }: Integration): Promise<boolean> {
  if (!problem) return true
  const now = clock.now().getTime()
  return store.integrations.takeProbe(projectId, id, now, now + probeEveryMs)
}

/** The fault is the operator's client, not any account's grant: the integration is flagged and its accounts stay as they are. */
export async function flagClientProblem(
  { store, clock, log }: Context,
  integration: Integration,
  error: TokenError,
): Promise<void> {
  const now = clock.now().getTime()
  const problem = { code: 'client_rejected', message: error.message }
  const isNew = await store.integrations.flag(integration.projectId, integration.id, problem, now, now + probeEveryMs)
  if (isNew)
    log.warn(
      { integrationId: integration.id, oauthError: error.oauthError },
      'an app refuses the OAuth client of an integration',
    )
}

export async function clearClientProblem({ store, log }: Context, integration: Integration): Promise<void> {
  if (!integration.problem) return
  await store.integrations.clearFlag(integration.projectId, integration.id)
  log.info({ integrationId: integration.id }, 'an app accepts the OAuth client of an integration again')
}
