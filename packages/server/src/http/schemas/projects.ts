import { z } from '@hono/zod-openapi'
import { keyScopes } from '../../projects/types.ts'
import { isoDate } from './common.ts'

const projectShape = {
  id: z.string(),
  name: z.string(),
  mode: z.enum(['test', 'live']).openapi({ description: 'In test mode the simulator plays the apps.' }),
  allowedRedirectUrls: z.array(z.string()).openapi({ description: 'Exact URLs the browser may return to.' }),
  userVerification: z.enum(['none', 'required']).openapi({
    description:
      'required: a connection is stored only after POST /api/v1/connectedAccounts/confirm said which user came back. Integrations may say otherwise.',
  }),
  createdAt: isoDate('When it was made.'),
  updatedAt: isoDate('When it last changed.'),
}

export const ProjectBody = z.object(projectShape).openapi('Project')

export const NewProject = z
  .object({ ...projectShape, apiKey: z.string().openapi({ description: 'Its first API key. Shown this once.' }) })
  .openapi('NewProject')

export const ProjectList = z.object({ items: z.array(ProjectBody) }).openapi('ProjectList')

const projectName = z.string().trim().min(1).max(200)

const redirectUrls = z
  .array(z.string().max(2000).refine(isReturnUrl, 'must be an absolute http(s) URL without a fragment or user info'))
  .max(100)

export const CreateProjectBody = z
  .strictObject({
    name: projectName,
    mode: z.enum(['test', 'live']).default('test'),
    allowedRedirectUrls: redirectUrls.optional(),
    userVerification: projectShape.userVerification.optional(),
  })
  .openapi('CreateProject', {
    example: { name: 'Acme', mode: 'live', allowedRedirectUrls: ['https://acme.example/connected'] },
  })

export const UpdateProjectBody = z
  .strictObject({
    name: projectName.optional(),
    allowedRedirectUrls: redirectUrls.optional(),
    userVerification: projectShape.userVerification.optional(),
  })
  .openapi('UpdateProject')

const reach = (what: string) =>
  z
    .array(z.string())
    .nullable()
    .openapi({ description: `The ${what} that it reaches; null: all.` })

const limit = (what: string) =>
  z
    .array(z.string().min(1).max(500))
    .min(1)
    .max(100)
    .nullish()
    .openapi({ description: `Limits it to these ${what}. Routes about the whole project then refuse it.` })

const apiKeyShape = {
  id: z.string(),
  name: z.string(),
  hint: z.string().openapi({ description: 'The last four characters.' }),
  createdAt: isoDate('When it was made.'),
  expiresAt: isoDate('When it stops working; null: never.').nullable(),
  scopes: z.array(z.enum(keyScopes)).nullable().openapi({ description: 'What it may do; null: all.' }),
  entityIds: reach('entities'),
  integrationIds: reach('integrations'),
  connectedAccountIds: reach('connected accounts'),
}

export const ApiKeyBody = z.object(apiKeyShape).openapi('ApiKey')

export const NewApiKey = z
  .object({ ...apiKeyShape, key: z.string().openapi({ description: 'The key. Shown this once.' }) })
  .openapi('NewApiKey')

export const ApiKeyList = z.object({ items: z.array(ApiKeyBody) }).openapi('ApiKeyList')

export const CreateApiKeyBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200).default('API key'),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
    scopes: z
      .array(z.enum(keyScopes))
      .min(1)
      .max(keyScopes.length)
      .nullish()
      .openapi({ description: 'What it may do. Default: all. No scope includes another.' }),
    entityIds: limit('entities'),
    integrationIds: limit('integrations'),
    connectedAccountIds: limit('connected accounts'),
  })
  .openapi('CreateApiKey', { example: { name: 'production', scopes: ['accounts:read', 'credentials:read'] } })

export const RotateApiKeyBody = z
  .strictObject({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(30 * 24 * 60 * 60)
      .default(24 * 60 * 60)
      .openapi({ description: 'How long the old key still works. 0: it ends at once.' }),
  })
  .openapi('RotateApiKey', { example: { overlapSeconds: 3600 } })

export const RotatedApiKey = z
  .object({
    ...apiKeyShape,
    key: z.string().openapi({ description: 'The new key. Shown this once.' }),
    previousExpiresAt: isoDate('When the old key stops working.'),
  })
  .openapi('RotatedApiKey')

/** RFC 6749 §3.1.2: absolute, no fragment. */
function isReturnUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return ['http:', 'https:'].includes(url.protocol) && !text.includes('#') && url.username === '' && url.password === ''
}
