import { type AuthScheme, isGrantedInBrowser } from '@holdfast/catalog'
import { AppError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Integration } from '../integrations/index.ts'
import type { OAuthProvider, TokenSet } from '../oauth/types.ts'
import type { AccountRow, RevocationRow } from '../store/index.ts'
import type { SealContext } from '../vault/types.ts'
import type { Context } from './context.ts'
import { type Credentials, openCredentials } from './credentials.ts'
import { isOAuth } from './providers.ts'
import type { Revocation, RevokedToken } from './types.ts'

/** An app that has not answered for this long keeps the tokens; they end on its side some day. */
const giveUpAfterMs = 24 * 60 * 60_000

/** What is sealed in a revocation's row, until the app has taken it back. */
export interface RevocationSecrets {
  /** Params of the account, for the app's URLs. */
  params: Record<string, string>
  /** In the order in which they are given back. */
  tokens: { type: 'refresh_token' | 'access_token'; token: string }[]
  /** Of an integration that is deleted together with its accounts: all it takes to reach the app without it. */
  kept?: KeptIntegration | undefined
}

export interface KeptIntegration {
  /** As JSON keeps it: its dates are texts. */
  integration: Integration
  clientSecret: string | null
}

/** The account the tokens are or were for, as far as a revocation must know it. */
export type RevokedAccount = Pick<AccountRow, 'id' | 'project_id' | 'integration_id' | 'app_key'>

const sealContext = (row: Pick<RevocationRow, 'project_id' | 'id'>): SealContext => ({
  projectId: row.project_id,
  table: 'revocations',
  rowId: row.id,
  field: 'secrets',
  version: 0,
})

export const sealSecrets = (
  { vault }: Pick<Context, 'vault'>,
  row: Pick<RevocationRow, 'project_id' | 'id'>,
  secrets: RevocationSecrets,
) => vault.seal(JSON.stringify(secrets), sealContext(row))

export const openSecrets = async (
  { vault }: Pick<Context, 'vault'>,
  row: Pick<RevocationRow, 'project_id' | 'id'> & { secrets: Uint8Array },
) => JSON.parse(await vault.open(row.secrets, sealContext(row))) as RevocationSecrets

/**
 * What has to be given back to the app when an account ends. To be stored in the transaction that ends it.
 *
 * @param kept Of an integration that ends as well.
 */
export async function planRevocation(
  context: Context,
  account: AccountRow,
  kept?: KeptIntegration,
): Promise<RevocationRow> {
  const integration = await context.integrations.get(account.project_id, account.integration_id)
  const { scheme } = integration
  let credentials: Credentials | null
  try {
    credentials = await openCredentials(context, account)
  } catch (error) {
    // An account whose credentials nobody can open any more can still be ended.
    context.log.warn({ accountId: account.id, err: error }, 'credentials could not be opened to be revoked')
    const token: RevokedToken = { type: 'credential', status: 'failed', message: 'It could not be opened.' }
    return newRow(context, account, [token], null)
  }
  if (credentials === null) return newRow(context, account, [], null)
  if (!isOAuth(scheme)) return newRow(context, account, keysOf(scheme), null)
  return planTokens(context, account, canRevoke(scheme), {
    params: credentials.params,
    tokens: tokensOf(credentials.tokens),
    kept,
  })
}

/** @returns Undefined for one that gives nothing back, or to nobody real. */
export async function keep(context: Context, integration: Integration): Promise<KeptIntegration | undefined> {
  if (!canRevoke(integration.scheme) || integration.clientId === null || integration.simulated) return undefined
  const client = await context.integrations.oauthClient(integration)
  return { integration, clientSecret: client?.clientSecret?.reveal() ?? null }
}

/**
 * A grant that nobody will use is given back, as far as the app lets us: in the background, since whoever found it has
 * better things to do than to wait. Never throws.
 *
 * @param account For which it was meant; it may be gone.
 */
export async function abandonGrant(
  context: Context,
  provider: OAuthProvider,
  tokens: Pick<TokenSet, 'accessToken' | 'refreshToken'>,
  account: RevokedAccount,
): Promise<void> {
  if (!canRevoke(provider.scheme)) return
  try {
    const { values: params } = provider
    const plain = { accessToken: tokens.accessToken.reveal(), refreshToken: tokens.refreshToken?.reveal() ?? null }
    const row = await planTokens(context, account, true, { params: { ...params }, tokens: tokensOf(plain) })
    await context.store.revocations.insert(row)
  } catch (error) {
    context.log.warn({ accountId: account.id, err: error }, 'an abandoned grant could not be given back')
  }
}

/**
 * Like `abandonGrant`, for tokens that are sealed already: an app's answer that came after its account had ended.
 *
 * @param sealed The credentials, with the version they were sealed for.
 */
export async function abandonSealed(
  context: Context,
  account: RevokedAccount,
  sealed: Pick<AccountRow, 'credentials' | 'credentials_version'>,
): Promise<void> {
  try {
    const integration = await context.integrations.get(account.project_id, account.integration_id)
    const credentials = await openCredentials(context, { ...account, ...sealed })
    if (!credentials || !canRevoke(integration.scheme)) return
    const { params, tokens } = credentials
    const row = await planTokens(context, account, true, { params, tokens: tokensOf(tokens) })
    await context.store.revocations.insert(row)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    context.log.warn({ accountId: account.id, err: error }, 'an abandoned grant could not be given back')
  }
}

/** The refresh token first: with it the app ends the whole grant, where it can (RFC 7009 §2.1). */
const tokensOf = (tokens: { accessToken: string; refreshToken: string | null } | null): RevocationSecrets['tokens'] => [
  ...(tokens?.refreshToken ? [{ type: 'refresh_token' as const, token: tokens.refreshToken }] : []),
  ...(tokens?.accessToken ? [{ type: 'access_token' as const, token: tokens.accessToken }] : []),
]

function keysOf(scheme: AuthScheme): RevokedToken[] {
  if (isGrantedInBrowser(scheme))
    return [{ type: 'access_token', status: 'unsupported', message: 'It can be taken back only in the app itself.' }]
  if (!scheme.params.some((param) => param.role === 'credential')) return []
  return [{ type: 'credential', status: 'unsupported', message: 'It can be deleted only in the app itself.' }]
}

async function planTokens(
  context: Context,
  account: RevokedAccount,
  isSupported: boolean,
  secrets: RevocationSecrets,
): Promise<RevocationRow> {
  const tokens = secrets.tokens.map(({ type }): RevokedToken => {
    if (isSupported) return { type, status: 'pending', message: null }
    return { type, status: 'unsupported', message: 'The app has no way to take a token back.' }
  })
  return newRow(context, account, tokens, isSupported && tokens.length > 0 ? secrets : null)
}

async function newRow(
  context: Context,
  account: RevokedAccount,
  tokens: RevokedToken[],
  secrets: RevocationSecrets | null,
): Promise<RevocationRow> {
  const id = newId()
  const now = context.clock.now().getTime()
  return {
    id,
    project_id: account.project_id,
    account_id: account.id,
    integration_id: account.integration_id,
    app_key: account.app_key,
    status: statusOf(tokens),
    tokens: JSON.stringify(tokens),
    secrets: secrets && (await sealSecrets(context, { id, project_id: account.project_id }, secrets)),
    attempts: 0,
    due_at: secrets ? now : null,
    give_up_at: now + giveUpAfterMs,
    lease_owner: null,
    lease_until: null,
    created_at: now,
    updated_at: now,
  }
}

/** Nothing to give back counts as given back. */
export function statusOf(tokens: readonly RevokedToken[]): Revocation['status'] {
  for (const status of ['pending', 'failed', 'revoked'] as const)
    if (tokens.some((token) => token.status === status)) return status
  return tokens.length > 0 ? 'unsupported' : 'revoked'
}

export const toRevocation = (row: RevocationRow): Revocation => ({
  id: row.id,
  accountId: row.account_id,
  appKey: row.app_key,
  status: row.status,
  tokens: JSON.parse(row.tokens) as RevokedToken[],
  attempts: row.attempts,
  nextAttemptAt: row.due_at === null ? null : new Date(row.due_at),
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
})

/** Whether an app has any way to take tokens of this scheme back. */
const canRevoke = (scheme: AuthScheme): boolean =>
  isOAuth(scheme) && (scheme.revocationEndpoint !== undefined || scheme.revocationCall !== undefined)
