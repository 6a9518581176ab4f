/** Rows for tests, each with ids of its own: a test says only what matters to it. */
import { randomUUID } from 'node:crypto'
import { newId, newToken, sha256 } from '../../ids.ts'
import type {
  AccountRow,
  ApiKeyRow,
  AppRow,
  ConnectionRequestRow,
  ConnectLinkRow,
  IntegrationRow,
  NewAccountRow,
  NewEventRow,
  OperatorRow,
  ProjectRow,
  RevocationRow,
  Store,
  WebhookEndpointRow,
} from '../index.ts'

/** A time beyond 32 bits, as all of ours are. */
export const at = 1_900_000_000_123

export const aProject = (row: Partial<ProjectRow> = {}): ProjectRow => ({
  id: newId(),
  name: 'A project',
  mode: 'test',
  allowed_redirect_urls: '[]',
  user_verification: 'none',
  created_at: at,
  updated_at: at,
  ...row,
})

export const aKey = (projectId: string | null, row: Partial<ApiKeyRow> = {}): ApiKeyRow => ({
  id: newId(),
  project_id: projectId,
  name: 'a key',
  hash: sha256(newToken()),
  hint: 'abcd',
  created_at: at,
  expires_at: null,
  scopes: null,
  entity_ids: null,
  integration_ids: null,
  account_ids: null,
  session_entity_id: null,
  allowed_origins: null,
  parent_id: null,
  ...row,
})

export const anApp = (projectId: string, row: Partial<AppRow> = {}): AppRow => ({
  project_id: projectId,
  key: `app-${randomUUID()}`,
  definition: '{}',
  created_at: at,
  updated_at: at,
  ...row,
})

export const anIntegration = (projectId: string, row: Partial<IntegrationRow> = {}): IntegrationRow => ({
  id: newId(),
  project_id: projectId,
  app_key: 'acme',
  auth_scheme: 'OAUTH2',
  name: 'an integration',
  enabled: 1,
  scopes: null,
  client_id: null,
  client_secret: null,
  version: 0,
  simulated: 0,
  is_default: 0,
  problem_code: null,
  problem_message: null,
  problem_since: null,
  params: null,
  params_version: 0,
  probe_after: null,
  user_verification: null,
  created_at: at,
  updated_at: at,
  ...row,
})

export const anAccount = (
  integration: IntegrationRow,
  row: Partial<AccountRow> = {},
): NewAccountRow & { id: string } => ({
  id: newId(),
  project_id: integration.project_id,
  integration_id: integration.id,
  entity_id: 'jessica',
  app_key: integration.app_key,
  auth_scheme: integration.auth_scheme,
  status: 'ACTIVE',
  reason_code: null,
  reason_message: null,
  enabled: 1,
  verification: 'verified',
  identity: null,
  labels: '[]',
  requested_scopes: null,
  granted_scopes: null,
  simulated: 0,
  credentials: null,
  credentials_version: 0,
  expires_at: null,
  refresh_after: null,
  retry_after: null,
  refresh_failures: 0,
  lease_owner: null,
  lease_until: null,
  fence: 0,
  sequence: 0,
  created_at: at,
  updated_at: at,
  ...row,
})

export const aRequest = (
  account: Pick<AccountRow, 'id' | 'project_id' | 'integration_id'>,
  row: Partial<ConnectionRequestRow> = {},
): ConnectionRequestRow => ({
  id: newId(),
  project_id: account.project_id,
  account_id: account.id,
  integration_id: account.integration_id,
  link_id: null,
  token_hash: sha256(newToken()),
  state_hash: null,
  cookie_hash: null,
  code_verifier: null,
  params: null,
  scopes: null,
  optional_scopes: null,
  entity_id: null,
  verify_user: 0,
  handle_hash: null,
  answer: null,
  poll_after: null,
  poll_interval_seconds: null,
  status: 'pending',
  failure_code: null,
  redirect_uri: null,
  allow_identity_change: 0,
  expires_at: at + 600_000,
  created_at: at,
  ...row,
})

export const aLink = (projectId: string, row: Partial<ConnectLinkRow> = {}): ConnectLinkRow => ({
  id: newId(),
  project_id: projectId,
  entity_id: 'jessica',
  token_hash: sha256(newToken()),
  integration_ids: null,
  redirect_uri: null,
  expires_at: at + 600_000,
  created_at: at,
  ...row,
})

export const anEvent = (
  account: Pick<AccountRow, 'id' | 'project_id'>,
  row: Partial<Omit<NewEventRow, 'sequence'>> = {},
): Omit<NewEventRow, 'sequence'> & { id: string } => ({
  id: newId(),
  project_id: account.project_id,
  account_id: account.id,
  type: 'connected_account.active',
  data: '{}',
  created_at: at,
  ...row,
})

export const aRevocation = (
  account: Pick<AccountRow, 'id' | 'project_id' | 'integration_id' | 'app_key'>,
  row: Partial<RevocationRow> = {},
): RevocationRow => ({
  id: newId(),
  project_id: account.project_id,
  account_id: account.id,
  integration_id: account.integration_id,
  app_key: account.app_key,
  status: 'pending',
  tokens: '[]',
  secrets: null,
  attempts: 0,
  due_at: at,
  give_up_at: at + 600_000,
  lease_owner: null,
  lease_until: null,
  created_at: at,
  updated_at: at,
  ...row,
})

export const anEndpoint = (projectId: string, row: Partial<WebhookEndpointRow> = {}): WebhookEndpointRow => ({
  id: newId(),
  project_id: projectId,
  url: 'https://yours.example/hook',
  description: '',
  format: 'standard',
  event_types: null,
  enabled: 1,
  disabled_reason: null,
  failing_since: null,
  secret: Buffer.from('sealed'),
  secret_version: 0,
  previous_secret: null,
  previous_secret_until: null,
  created_at: at,
  updated_at: at,
  ...row,
})

export const anOperator = (row: Partial<OperatorRow> = {}): OperatorRow => {
  const email = `${randomUUID()}@acme.example`
  return {
    id: newId(),
    email,
    email_key: email,
    name: 'Jessica',
    role: 'viewer',
    password: '$argon2id$',
    totp_secret: null,
    totp_version: 0,
    totp_confirmed_at: null,
    totp_step: 0,
    created_at: at,
    updated_at: at,
    ...row,
  }
}

/** A project with one integration and one account, stored. */
export async function household(
  store: Store,
  account: Partial<AccountRow> = {},
): Promise<{ project: ProjectRow; integration: IntegrationRow; account: AccountRow }> {
  const project = aProject()
  await store.projects.insert(project)
  const integration = anIntegration(project.id)
  await store.integrations.insert(integration)
  const row = anAccount(integration, account)
  await store.accounts.insert(row)
  const stored = await store.accounts.find(project.id, row.id)
  if (!stored) throw new Error('the account was not stored')
  return { project, integration, account: stored }
}
