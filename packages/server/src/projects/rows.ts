import { newId, sha256 } from '../ids.ts'
import type { Secret } from '../secret.ts'
import type { ApiKeyRow, ProjectRow } from '../store/index.ts'
import type { KeyAccess, ProjectMode, UserVerification } from './types.ts'

export const newProjectRow = (
  project: {
    name: string
    mode: ProjectMode
    allowedRedirectUrls?: readonly string[]
    userVerification?: UserVerification | undefined
  },
  at: Date,
): ProjectRow => ({
  id: newId(),
  name: project.name,
  mode: project.mode,
  allowed_redirect_urls: JSON.stringify(project.allowedRedirectUrls ?? []),
  user_verification: project.userVerification ?? 'none',
  created_at: at.getTime(),
  updated_at: at.getTime(),
})

/** @param key Only its hash and its last four characters are kept. A key without a project is the operator's. */
export const newKeyRow = (
  owner: { projectId: string | null; name: string; expiresAt?: Date | undefined; access?: Partial<KeyAccess> },
  key: Secret,
  at: Date,
): ApiKeyRow => ({
  id: newId(),
  project_id: owner.projectId,
  name: owner.name,
  hash: sha256(key.reveal()),
  hint: key.reveal().slice(-4),
  created_at: at.getTime(),
  expires_at: owner.expiresAt?.getTime() ?? null,
  scopes: json(owner.access?.scopes),
  entity_ids: json(owner.access?.entityIds),
  integration_ids: json(owner.access?.integrationIds),
  account_ids: json(owner.access?.accountIds),
  session_entity_id: owner.access?.session?.entityId ?? null,
  allowed_origins: json(owner.access?.session?.allowedOrigins),
  parent_id: owner.access?.session?.parentId ?? null,
})

const json = (list: readonly string[] | null | undefined): string | null => (list ? JSON.stringify(list) : null)
