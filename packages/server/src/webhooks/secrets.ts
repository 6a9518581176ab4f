import { Secret } from '../secret.ts'
import type { WebhookEndpointRow } from '../store/index.ts'
import type { SealContext } from '../vault/index.ts'
import type { Context } from './context.ts'

const place = (projectId: string, endpointId: string, version: number): SealContext => ({
  projectId,
  table: 'webhook_endpoints',
  rowId: endpointId,
  field: 'secret',
  version,
})

export const sealSecret = (
  { vault }: Pick<Context, 'vault'>,
  of: { projectId: string; endpointId: string; version: number },
  secret: Secret,
) => vault.seal(secret.reveal(), place(of.projectId, of.endpointId, of.version))

export async function openSecret({ vault }: Pick<Context, 'vault'>, row: WebhookEndpointRow): Promise<Secret> {
  return new Secret(await vault.open(row.secret, place(row.project_id, row.id, row.secret_version)))
}

/** All that sign now: the current one first. */
export async function signingSecrets(
  context: Pick<Context, 'vault' | 'clock'>,
  row: WebhookEndpointRow,
): Promise<Secret[]> {
  const current = await openSecret(context, row)
  const { previous_secret: previous, previous_secret_until: until } = row
  if (previous === null || until === null || until <= context.clock.now().getTime()) return [current]
  const opened = await context.vault.open(previous, place(row.project_id, row.id, row.secret_version - 1))
  return [current, new Secret(opened)]
}
