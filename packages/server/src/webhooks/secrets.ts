import { Secret } from '../secret.ts'
import type { WebhookEndpointRow } from '../store/index.ts'
import type { SealContext } from '../vault/index.ts'
import type { Context } from './context.ts'

type SecretField = 'secret' | 'previous_secret'

const place = (of: { projectId: string; endpointId: string; version: number }, field: SecretField): SealContext => ({
  projectId: of.projectId,
  table: 'webhook_endpoints',
  rowId: of.endpointId,
  field,
  version: of.version,
})

/** @param of With the `secret_version` that the row will have. */
export const sealSecret = (
  { vault }: Pick<Context, 'vault'>,
  of: { projectId: string; endpointId: string; version: number },
  field: SecretField,
  secret: Secret,
) => vault.seal(secret.reveal(), place(of, field))

export const openSecret = (context: Pick<Context, 'vault'>, row: WebhookEndpointRow): Promise<Secret> =>
  open(context, row, 'secret', row.secret)

/** All that sign now: the current one first. */
export async function signingSecrets(
  context: Pick<Context, 'vault' | 'clock'>,
  row: WebhookEndpointRow,
): Promise<Secret[]> {
  const current = await openSecret(context, row)
  const { previous_secret: previous, previous_secret_until: until } = row
  if (previous === null || until === null || until <= context.clock.now().getTime()) return [current]
  return [current, await open(context, row, 'previous_secret', previous)]
}

const open = async (
  { vault }: Pick<Context, 'vault'>,
  row: WebhookEndpointRow,
  field: SecretField,
  sealed: Uint8Array,
) =>
  new Secret(
    await vault.open(
      sealed,
      place({ projectId: row.project_id, endpointId: row.id, version: row.secret_version }, field),
    ),
  )
