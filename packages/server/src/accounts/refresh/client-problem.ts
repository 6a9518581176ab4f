import type { Integration } from '../../integrations/index.ts'
import type { TokenError } from '../../oauth/types.ts'
import type { AccountRow } from '../../store/index.ts'
import { recordEvent } from '../changes.ts'
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
  row: AccountRow,
  integration: Integration,
  error: TokenError,
): Promise<void> {
  const at = clock.now()
  const now = at.getTime()
  const problem = { code: 'client_rejected', message: error.message }
  const isNew = await store.transaction(async (queries) => {
    const { projectId, id } = integration
    const isNew = await queries.integrations.flag(projectId, id, problem, now, now + probeEveryMs)
    if (isNew) await recordEvent(queries, row, 'integration.client_rejected', at)
    return isNew
  })
  if (isNew)
    log.warn(
      { integrationId: integration.id, oauthError: error.oauthError },
      'an app refuses the OAuth client of an integration',
    )
}

export async function clearClientProblem(
  { store, clock, log }: Context,
  row: AccountRow,
  integration: Integration,
): Promise<void> {
  if (!integration.problem) return
  await store.transaction(async (queries) => {
    if (await queries.integrations.clearFlag(integration.projectId, integration.id))
      await recordEvent(queries, row, 'integration.client_accepted', clock.now())
  })
  log.info({ integrationId: integration.id }, 'an app accepts the OAuth client of an integration again')
}
