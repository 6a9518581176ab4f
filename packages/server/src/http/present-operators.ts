import type { z } from '@hono/zod-openapi'
import { type StatusReason, statusReasonCodes } from '../accounts/types.ts'
import type { AuditRecord } from '../audit/types.ts'
import type { Invitation, Operator, Overview, OverviewAccount, Passkey, Session } from '../operators/types.ts'
import type {
  AuditPage,
  InvitationList,
  OperatorBody,
  OverviewBody,
  PasskeyBody,
  SessionList,
} from './schemas/operators.ts'

type Wire<Schema extends z.ZodType> = z.output<Schema>

export const operatorBody = (operator: Operator): Wire<typeof OperatorBody> => ({
  id: operator.id,
  name: operator.name,
  email: operator.email,
  role: operator.role,
  totpEnabled: operator.totpEnabled,
  createdAt: operator.createdAt.toISOString(),
})

export const invitationBody = (invitation: Invitation): Wire<typeof InvitationList>['items'][number] => ({
  id: invitation.id,
  email: invitation.email,
  role: invitation.role,
  invitedBy: invitation.invitedBy,
  createdAt: invitation.createdAt.toISOString(),
  expiresAt: invitation.expiresAt.toISOString(),
})

export const passkeyBody = (passkey: Passkey): Wire<typeof PasskeyBody> => ({
  id: passkey.id,
  name: passkey.name,
  createdAt: passkey.createdAt.toISOString(),
  lastUsedAt: passkey.lastUsedAt?.toISOString() ?? null,
})

export const sessionItem = (session: Session, currentId: string): Wire<typeof SessionList>['items'][number] => ({
  id: session.id,
  current: session.id === currentId,
  userAgent: session.userAgent,
  createdAt: session.createdAt.toISOString(),
  lastSeenAt: session.lastSeenAt.toISOString(),
  expiresAt: session.expiresAt.toISOString(),
})

export const auditBody = ({ at, actor, target, ...record }: AuditRecord): Wire<typeof AuditPage>['items'][number] => ({
  id: record.id,
  operatorId: actor.kind === 'operator' ? actor.id : null,
  operator: actor.name,
  actor,
  action: record.action,
  path: target,
  projectId: record.projectId,
  address: record.address,
  status: record.status,
  detail: record.detail,
  requestId: record.requestId ?? '',
  sequence: record.sequence,
  hash: record.hash,
  at: at.toISOString(),
})

export const overviewBody = (overview: Overview): Wire<typeof OverviewBody> => ({
  accounts: overview.accounts,
  refreshes: {
    ...overview.refreshes,
    hours: overview.refreshes.hours.map((hour) => ({ ...hour, start: hour.start.toISOString() })),
  },
  refreshesDue: overview.refreshesDue,
  dueSoon: overview.ending.total,
  ending: overview.ending.items.map(overviewAccount),
  attention: overview.attention.items.map(overviewAccount),
  attentionTotal: overview.attention.total,
  integrations: overview.integrations.map(({ appKey, since, ...integration }) => ({
    ...integration,
    appName: appKey.toLowerCase(),
    since: since.toISOString(),
  })),
  webhookEndpoints: overview.webhookEndpoints.map((endpoint) => ({ ...endpoint, since: endpoint.since.toISOString() })),
})

const overviewAccount = (account: OverviewAccount): Wire<typeof OverviewBody>['attention'][number] => ({
  id: account.id,
  appName: account.appKey.toLowerCase(),
  entityId: account.entityId,
  status: account.status,
  statusReason: account.reason && statusReason(account.reason),
  refreshFailures: account.refreshFailures,
  grantEndsAt: account.grantEndsAt?.toISOString() ?? null,
  updatedAt: account.updatedAt.toISOString(),
})

function statusReason({ code, message }: { code: string; message: string }): StatusReason {
  const known = code as StatusReason['code']
  return { code: known, message, mustAct: statusReasonCodes[known] }
}
