import type { AccountRow } from '../store/index.ts'
import { missingScopes } from './scopes.ts'
import { type Account, type Identity, type StatusReasonCode, statusReasonCodes } from './types.ts'

type PresentedColumn =
  | 'id'
  | 'project_id'
  | 'integration_id'
  | 'app_key'
  | 'auth_scheme'
  | 'entity_id'
  | 'status'
  | 'reason_code'
  | 'reason_message'
  | 'enabled'
  | 'verification'
  | 'identity'
  | 'labels'
  | 'requested_scopes'
  | 'granted_scopes'
  | 'expires_at'
  | 'simulated'
  | 'created_at'
  | 'updated_at'

/** @param appName The app's display name; its key where the app is gone. */
export const toAccount = (row: Pick<AccountRow, PresentedColumn>, appName: string): Account => ({
  id: row.id,
  projectId: row.project_id,
  integrationId: row.integration_id,
  appKey: row.app_key,
  appName,
  authScheme: row.auth_scheme,
  entityId: row.entity_id,
  status: row.status,
  statusReason:
    row.reason_code === null
      ? null
      : {
          code: row.reason_code as StatusReasonCode,
          message: row.reason_message ?? '',
          mustAct: statusReasonCodes[row.reason_code as StatusReasonCode],
        },
  enabled: row.enabled === 1,
  verification: row.verification,
  identity: row.identity === null ? null : (JSON.parse(row.identity) as Identity),
  labels: JSON.parse(row.labels) as string[],
  requestedScopes: parseScopes(row.requested_scopes),
  grantedScopes: parseScopes(row.granted_scopes),
  missingScopes: missingScopes(parseScopes(row.requested_scopes), parseScopes(row.granted_scopes)),
  expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
  simulated: row.simulated === 1,
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
})

const parseScopes = (text: string | null) => (text === null ? null : (JSON.parse(text) as string[]))
