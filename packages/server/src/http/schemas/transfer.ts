import { z } from '@hono/zod-openapi'
import { StatusField, StatusReasonBody } from './accounts.ts'
import { labels, scopeList } from './common.ts'

const token = (description: string) => z.string().nullish().openapi({ type: 'string', description })
const time = (description: string) =>
  z.iso.datetime({ offset: true }).nullish().openapi({ type: 'string', format: 'date-time', description })

const ImportItem = z
  .strictObject({
    integrationId: z.string().max(200).optional().openapi({ description: 'Without it, app is needed.' }),
    app: z
      .string()
      .max(200)
      .optional()
      .openapi({ description: "App key: used when integrationId is absent; the app's first enabled integration." }),
    authScheme: z.string().max(50).optional().openapi({ description: 'Narrows app.' }),
    entityId: z.string().min(1).max(500),
    accessToken: token('May be absent when there is a refreshToken: it is then refreshed at the first read.'),
    refreshToken: token('Of the OAuth client of the integration; no other can use it.'),
    idToken: token('Of OpenID Connect, kept as it is.'),
    tokenType: z.string().min(1).max(50).optional(),
    expiresIn: z.number().min(0).max(10_000_000_000).optional().openapi({ description: 'Seconds from now.' }),
    expiresAt: time(
      'When the access token ends; null: never. With a refreshToken and neither, it is refreshed at the first read.',
    ),
    refreshExpiresAt: time('When the refresh token ends, where that is known.'),
    scope: z.string().max(20_000).nullish().openapi({ type: 'string', description: 'Granted scopes.' }),
    requestedScopes: scopeList
      .nullish()
      .openapi({ type: 'array', items: { type: 'string' }, description: 'Asked for at the next connect.' }),
    params: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({
        type: 'object',
        additionalProperties: { type: 'string' },
        description: "The integration's expected params; for key schemes the key is among them.",
      }),
    extra: z
      .record(z.string().max(100), z.string().max(16_384))
      .optional()
      .openapi({ description: 'Other fields of the token answer worth keeping.' }),
    labels,
    enabled: z.boolean().optional(),
    externalId: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .openapi({ description: 'What it is called where it comes from. Sent again, the account is not made twice.' }),
  })
  .openapi('AccountImportItem')

export const maxImportItems = 100

export const ImportBody = z
  .strictObject({ items: z.array(ImportItem).min(1).max(maxImportItems) })
  .openapi('AccountImport', {
    example: {
      items: [
        {
          integrationId: '3f0c2f3e-7b5a-4a54-9d4e-0c6f5b8d2a11',
          entityId: 'user_42',
          accessToken: 'ya29.…',
          refreshToken: '1//…',
          expiresIn: 3599,
          scope: 'https://www.googleapis.com/auth/gmail.modify',
          externalId: 'conn_17',
        },
      ],
    },
  })

export const ImportAnswer = z
  .object({
    imported: z.number().int().openapi({ description: 'How many are new.' }),
    items: z.array(
      z.object({
        connectedAccountId: z.string(),
        externalId: z.string().nullable(),
        isNew: z.boolean().openapi({ description: 'false: an earlier import made it; it was left as it is.' }),
        status: StatusField,
        statusReason: StatusReasonBody.nullable(),
        verification: z.enum(['verified', 'unverified', 'not_checked']),
      }),
    ),
  })
  .openapi('AccountImportAnswer', { description: 'In the order of the items sent.' })

const ids = (description: string) =>
  z.array(z.string().min(1).max(500)).min(1).max(1000).optional().openapi({ description })

export const ExportBody = z
  .strictObject({
    recipientPublicKey: z.union([z.string().max(20_000), z.record(z.string(), z.unknown())]).openapi({
      description:
        'PEM or JWK. RSA of at least 2048 bits (RSA-OAEP-256), or P-256, P-384, P-521 or X25519 (ECDH-ES). Never a private key.',
    }),
    filter: z
      .strictObject({
        entityIds: ids('Only of these entities.'),
        integrationIds: ids('Only of these integrations.'),
        accountIds: ids('Only these accounts.'),
        apps: ids('Only of these apps, by key in any case.'),
      })
      .optional(),
    cursor: z.string().max(50).nullish().openapi({ type: 'string', description: 'nextCursor of the answer before.' }),
  })
  .openapi('AccountExport')

export const ExportAnswer = z
  .object({
    jwe: z.string().openapi({
      description: 'A compact JWE (RFC 7516). Decrypted it is JSON: { "items": […] }, which is the body of an import.',
    }),
    count: z.number().int().openapi({ description: 'How many accounts are in it; at most 100.' }),
    skipped: z.array(z.string()).openapi({ description: 'Accounts whose credentials could not be opened.' }),
    nextCursor: z.string().nullable().openapi({ description: 'For the next call; null at the end.' }),
  })
  .openapi('AccountExportAnswer')
