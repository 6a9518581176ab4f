import { AppError, invalid } from '../errors.ts'
import { type EventType, eventTypeNames } from '../events.ts'
import { newId } from '../ids.ts'
import { deliveriesDue, type WebhookEndpointRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { firstGenerationTypes } from './payload.ts'
import { openSecret, sealSecret } from './secrets.ts'
import { newSecret } from './signing.ts'
import type { EndpointFormat, UpdateEndpoint, WebhookEndpoint, Webhooks } from './types.ts'

const mostPerProject = 20
const longestUrl = 2000
/** How long the previous secret signs beside a new one. */
const rotationOverlapMs = 24 * 60 * 60_000
/** How many deliveries one statement deletes. */
const deletedAtOnce = 1000

type EndpointVerbs = Pick<
  Webhooks,
  'create' | 'list' | 'get' | 'update' | 'delete' | 'setFirstGenerationUrl' | 'revealSecret' | 'rotateSecret'
>

export function createEndpoints(context: Context): EndpointVerbs {
  const { store, clock } = context

  const create: EndpointVerbs['create'] = async (projectId, input) => {
    const format = input.format ?? 'standard'
    const eventTypes = checkedTypes(input.eventTypes ?? null, format)
    const url = await checkedUrl(context, input.url)
    const id = newId()
    const secret = newSecret()
    const now = clock.now().getTime()
    const row: WebhookEndpointRow = {
      id,
      project_id: projectId,
      url,
      description: input.description ?? '',
      format,
      event_types: eventTypes && JSON.stringify(eventTypes),
      enabled: input.enabled === false ? 0 : 1,
      disabled_reason: null,
      failing_since: null,
      secret: await sealSecret(context, { projectId, endpointId: id, version: 0 }, 'secret', secret),
      secret_version: 0,
      previous_secret: null,
      previous_secret_until: null,
      created_at: now,
      updated_at: now,
    }
    await store.transaction(async (queries) => {
      if ((await queries.webhookEndpoints.list(projectId)).length >= mostPerProject)
        throw new AppError('conflict', `A project has at most ${mostPerProject} webhook endpoints.`)
      await queries.webhookEndpoints.insert(row)
    })
    return { endpoint: present(context, row), secret }
  }

  const update: EndpointVerbs['update'] = async (projectId, id, changes) => {
    const { format } = await findEndpoint(context, projectId, id)
    const row = await store.webhookEndpoints.update(projectId, id, {
      ...(await changedColumns(context, changes, format)),
      updated_at: clock.now().getTime(),
    })
    if (!row) throw noEndpoint()
    // What waited while it was disabled may go out now.
    if (row.enabled === 1) await store.signals.changed(deliveriesDue)
    return present(context, row)
  }

  return {
    create,
    update,
    list: async (projectId) => (await store.webhookEndpoints.list(projectId)).map((row) => present(context, row)),
    get: async (projectId, id) => present(context, await findEndpoint(context, projectId, id)),

    async delete(projectId, id) {
      const { enabled } = await findEndpoint(context, projectId, id)
      if (enabled === 1) await store.webhookEndpoints.update(projectId, id, { enabled: 0 })
      // They may be many: with the endpoint they would go in one long statement.
      while ((await store.webhookDeliveries.deleteOf(id, deletedAtOnce)) === deletedAtOnce);
      if (!(await store.webhookEndpoints.delete(projectId, id))) throw noEndpoint()
    },

    async setFirstGenerationUrl(projectId, url) {
      const existing = (await store.webhookEndpoints.list(projectId)).find(({ format }) => format === 'v1')
      if (!existing) return create(projectId, { url, format: 'v1', description: 'Set by event_logs/set/webhook' })
      return { endpoint: await update(projectId, existing.id, { url, enabled: true }), secret: undefined }
    },

    revealSecret: async (projectId, id) => openSecret(context, await findEndpoint(context, projectId, id)),

    async rotateSecret(projectId, id) {
      const before = await findEndpoint(context, projectId, id)
      const secret = newSecret()
      const now = clock.now().getTime()
      const of = { projectId, endpointId: id, version: before.secret_version + 1 }
      const row = await store.webhookEndpoints.replaceSecret(projectId, id, before.secret_version, {
        secret: await sealSecret(context, of, 'secret', secret),
        previous_secret: await sealSecret(context, of, 'previous_secret', await openSecret(context, before)),
        previous_secret_until: now + rotationOverlapMs,
        updated_at: now,
      })
      if (!row) throw new AppError('conflict', 'The secret was rotated by somebody else just now.')
      return { endpoint: present(context, row), secret }
    },
  }
}

/** @throws {AppError} not_found. */
export async function findEndpoint(
  { store }: Pick<Context, 'store'>,
  projectId: string,
  id: string,
): Promise<WebhookEndpointRow> {
  const row = await store.webhookEndpoints.find(projectId, id)
  if (!row) throw noEndpoint()
  return row
}

const noEndpoint = () => new AppError('not_found', 'There is no such webhook endpoint.')

async function changedColumns(context: Context, changes: UpdateEndpoint, format: EndpointFormat) {
  const { url, description, eventTypes, enabled } = changes
  const types = eventTypes === undefined ? undefined : checkedTypes(eventTypes, format)
  return {
    ...(url !== undefined && { url: await checkedUrl(context, url) }),
    ...(description !== undefined && { description }),
    ...(types !== undefined && { event_types: types && JSON.stringify(types) }),
    ...(enabled !== undefined && { enabled: enabled ? (1 as const) : (0 as const), disabled_reason: null }),
    // A new start: the days it failed before do not count.
    ...((enabled || url !== undefined) && { failing_since: null }),
  }
}

/** @throws {AppError} validation_failed with the reason. @returns The URL as it will be called. */
async function checkedUrl({ egress, loopbackReceivers }: Context, text: string): Promise<string> {
  const refuse = (message: string) => invalid({ property: 'url', message })
  const url = URL.parse(text)
  if (!url) throw refuse('is not a URL')
  if (text.length > longestUrl) throw refuse(`is longer than ${longestUrl} characters`)
  if (url.username !== '' || url.password !== '') throw refuse('must not hold a user name or password')
  if (url.hash !== '') throw refuse('must not have a fragment')
  const refusal = await egress.refusal(url, { loopback: loopbackReceivers })
  if (refusal !== null) throw refuse(refusal)
  return url.href
}

/** @throws {AppError} validation_failed, naming what is not a type. @returns Null for all but the quiet ones. */
function checkedTypes(types: readonly string[] | null, format: EndpointFormat): EventType[] | null {
  const offered: readonly string[] = format === 'v1' ? Object.keys(firstGenerationTypes) : eventTypeNames
  if (types === null) return format === 'v1' ? (offered as EventType[]) : null
  if (types.length === 0) throw invalid({ property: 'eventTypes', message: 'names no type; leave it out for all' })
  for (const type of types)
    if (!offered.includes(type)) {
      const kind = format === 'v1' ? 'an event type of format v1' : 'an event type'
      throw invalid({
        property: 'eventTypes',
        message: `${JSON.stringify(type)} is not ${kind}; there are: ${offered.join(', ')}`,
      })
    }
  return [...new Set(types)] as EventType[]
}

const disabledMessages = {
  gone: 'The receiver answered 410 Gone.',
  failing: 'Nothing was delivered for 5 days.',
}

function present({ clock }: Pick<Context, 'clock'>, row: WebhookEndpointRow): WebhookEndpoint {
  const overlaps = row.previous_secret_until !== null && row.previous_secret_until > clock.now().getTime()
  return {
    id: row.id,
    projectId: row.project_id,
    url: row.url,
    description: row.description,
    format: row.format,
    eventTypes: row.event_types === null ? null : (JSON.parse(row.event_types) as EventType[]),
    enabled: row.enabled === 1,
    disabledReason:
      row.disabled_reason === null
        ? null
        : { code: row.disabled_reason, message: disabledMessages[row.disabled_reason] },
    failingSince: row.failing_since === null ? null : new Date(row.failing_since),
    previousSecretUntil: overlaps ? new Date(row.previous_secret_until ?? 0) : null,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}
