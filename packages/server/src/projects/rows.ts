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
  owner: { projectId: string | null; name: string; expiresAt?: Date | undefined },
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
})
