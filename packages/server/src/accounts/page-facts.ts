import { sha256 } from '../ids.ts'
import type { AccountRow, ConnectionRequestRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { readHistory } from './history.ts'
import { toAccount } from './present.ts'
import type { ConnectionView, LinkStatus, PageStatus } from './types.ts'

/** How far back the last connections of an integration tell whether its app answers. */
const latelyMs = 15 * 60_000

/** What the page of an open request says besides: whose account is renewed and why, and whether the app answers lately. */
export async function openPageFacts(
  context: Context,
  request: ConnectionRequestRow,
  row: AccountRow | undefined,
): Promise<Pick<ConnectionView, 'renews' | 'troubledApp'>> {
  return { renews: row ? await renewal(context, row) : null, troubledApp: await isTroubled(context, request) }
}

async function renewal(context: Context, row: AccountRow): Promise<ConnectionView['renews']> {
  if (row.credentials_version === 0 && row.credentials === null) return null
  const { items } = await readHistory(context, row.project_id, row.id, { cursor: undefined, limit: 10 })
  const end = items.find(({ status }) => status === 'EXPIRED' || status === 'FAILED')
  const { identity } = toAccount(row, row.app_key)
  return { account: hint(identity?.email ?? identity?.name ?? null), reason: end?.statusReason?.code ?? null }
}

/** Enough for its owner to know it; whoever else opens the link learns no address. */
function hint(name: string | null): string | null {
  if (name === null) return null
  const [local = '', domain] = name.split('@')
  const [first = ''] = local
  return domain === undefined ? `${first}•••` : `${first}•••@${domain}`
}

/** Two attempts in a row that the app did not answer, and none since that it did. */
async function isTroubled({ store, clock }: Context, { integration_id }: ConnectionRequestRow): Promise<boolean> {
  const last = await store.requests.lastEnded(integration_id, clock.now().getTime() - latelyMs, 2)
  return last.length === 2 && last.every(({ failure_code }) => failure_code === 'provider_unavailable')
}

/** For a page or an app that waits for the person: how far a request or a link is, and nothing about whose it is. */
export async function pageStatus(context: Context, of: 'request' | 'link', token: string): Promise<LinkStatus | null> {
  const { store, clock } = context
  const now = clock.now().getTime()
  if (of === 'request') {
    const request = await store.requests.findByToken(sha256(token))
    return request ? { status: statusOf(request, now), connectedAccountId: connectedBy(request) } : null
  }
  const link = await store.requests.findLinkByToken(sha256(token))
  if (!link) return null
  const connectedAccountId = (await store.requests.accountConnectedByLink(link.id)) ?? null
  if (connectedAccountId !== null) return { status: 'connected', connectedAccountId }
  return { status: link.expires_at <= now ? 'expired' : 'waiting', connectedAccountId: null }
}

function statusOf({ status, failure_code, expires_at }: ConnectionRequestRow, now: number): PageStatus {
  if (status === 'connected') return 'connected'
  if (status === 'failed') return failure_code === 'link_expired' ? 'expired' : 'failed'
  if (expires_at <= now) return 'expired'
  return status === 'pending' ? 'waiting' : 'in_progress'
}

const connectedBy = ({ status, account_id }: ConnectionRequestRow) => (status === 'connected' ? account_id : null)
