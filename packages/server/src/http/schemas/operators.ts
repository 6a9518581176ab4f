import { z } from '@hono/zod-openapi'
import { operatorRoles } from '../../operators/types.ts'
import { StatusField, StatusReasonBody } from './accounts.ts'
import { filters, isoDate } from './common.ts'
import { pageLimit } from './events.ts'
import { ProjectBody } from './projects.ts'

const RoleField = z.enum(operatorRoles).openapi('OperatorRole', {
  description: 'viewer: looks. admin: runs the projects. owner: decides who the operators are, too.',
})

const operatorShape = {
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: RoleField,
  totpEnabled: z.boolean().openapi({ description: 'Whether a one-time code is asked for besides the password.' }),
  createdAt: isoDate('When they became an operator.'),
}

export const OperatorBody = z.object(operatorShape).openapi('Operator')

const OwnOperatorBody = z
  .object({ ...operatorShape, passkeys: z.number().int().openapi({ description: 'How many are registered.' }) })
  .openapi('OwnOperator')

export const SignedInBody = z.object({ operator: OwnOperatorBody }).openapi('SignedIn')

export const SessionBody = z.object({ operator: OwnOperatorBody, projects: z.array(ProjectBody) }).openapi('Session')

export const SetupState = z
  .object({ needed: z.boolean().openapi({ description: 'Whether there is no owner yet.' }) })
  .openapi('SetupState')

const email = z.string().max(400).openapi({ example: 'jessica@acme.example' })
const name = z.string().max(1000).openapi({ example: 'Jessica' })
const newPassword = z.string().max(5000).openapi({ description: 'At least 12 characters, of any kind.' })
const token = z.string().max(200).openapi({ description: 'The last part of the link.' })

export const SetupInput = z.strictObject({ token, name, email, password: newPassword }).openapi('Setup')

export const SignInInput = z
  .strictObject({
    email,
    password: z.string().max(5000),
    totp: z
      .string()
      .max(100)
      .nullish()
      .transform((code) => (code === null || code === '' ? undefined : code))
      .openapi({
        type: 'string',
        description: 'A one-time code, or a recovery code. Needed when totp_required says so.',
      }),
  })
  .openapi('SignIn')

export const PasswordInput = z
  .strictObject({ current: z.string().max(5000), next: newPassword })
  .openapi('ChangePassword')

export const TotpProposal = z
  .object({
    secret: z.string().openapi({ description: 'Base32, to type in.' }),
    uri: z.string().openapi({ description: 'What a QR code shows: otpauth://totp/…' }),
  })
  .openapi('TotpProposal')

export const CodeInput = z.strictObject({ code: z.string().max(100).openapi({ example: '123456' }) }).openapi('Code')

export const RecoveryCodes = z
  .object({
    recoveryCodes: z
      .array(z.string())
      .openapi({ description: 'Each works once in place of a one-time code. Shown this once.' }),
  })
  .openapi('RecoveryCodes')

export const WebAuthnOptionsBody = z.record(z.string(), z.unknown()).openapi('WebAuthnOptions', {
  description: "What the browser's navigator.credentials takes, in the JSON form of WebAuthn Level 3.",
})

export const WebAuthnResponseInput = z.record(z.string(), z.unknown()).openapi('WebAuthnResponse', {
  description: 'What navigator.credentials answered, in its JSON form; a new passkey may have a `name` besides.',
})

export const PasskeyBody = z
  .object({
    id: z.string(),
    name: z.string(),
    createdAt: isoDate('When it was registered.'),
    lastUsedAt: isoDate('When it last signed somebody in.').nullable(),
  })
  .openapi('Passkey')

export const PasskeyList = z.object({ items: z.array(PasskeyBody) }).openapi('PasskeyList')

export const SessionList = z
  .object({
    items: z.array(
      z
        .object({
          id: z.string(),
          current: z.boolean().openapi({ description: 'Whether this request comes from it.' }),
          userAgent: z.string(),
          createdAt: isoDate('When it began.'),
          lastSeenAt: isoDate('When it was last used, to the minute.'),
          expiresAt: isoDate('When it ends if it is not used before.'),
        })
        .openapi('OperatorSession'),
    ),
  })
  .openapi('OperatorSessionList')

export const OperatorList = z.object({ items: z.array(OperatorBody) }).openapi('OperatorList')

export const RoleInput = z.strictObject({ role: RoleField }).openapi('SetRole')

export const InviteInput = z
  .strictObject({ email, role: RoleField })
  .openapi('Invite', { example: { email: 'jessica@acme.example', role: 'admin' } })

const invitationShape = {
  id: z.string(),
  email: z.string(),
  role: RoleField,
  invitedBy: z.string().nullable(),
  createdAt: isoDate('When it was made.'),
  expiresAt: isoDate('When it stops working.'),
}

export const InvitationList = z
  .object({ items: z.array(z.object(invitationShape).openapi('OperatorInvite')) })
  .openapi('OperatorInviteList')

export const NewInvitation = z
  .object({ ...invitationShape, url: z.string().openapi({ description: 'For the person. Shown this once.' }) })
  .openapi('NewOperatorInvite')

export const InvitationSeen = z
  .object({
    email: z.string(),
    role: RoleField,
    isReset: z.boolean().openapi({ description: 'The operator exists, and only gets a new password.' }),
  })
  .openapi('OperatorInviteSeen')

export const AcceptInput = z.strictObject({ name: name.default(''), password: newPassword }).openapi('AcceptInvite')

export const PathToken = z.object({ token: z.string().openapi({ param: { name: 'token', in: 'path' } }) })

export const AuditPaging = filters({
  projectId: z.string().max(100).optional().openapi({ description: 'Of one project only.' }),
  cursor: z.string().max(50).optional().openapi({ description: 'nextCursor of the page before.' }),
  limit: pageLimit(50, 200),
})

export const AuditPage = z
  .object({
    items: z.array(
      z
        .object({
          id: z.string(),
          operatorId: z.string().nullable().openapi({ description: 'Set when a person did it.' }),
          operator: z.string().openapi({ description: 'For people: what the actor was called at the time.' }),
          actor: z.object({
            kind: z.enum(['key', 'session', 'operator', 'operator_key', 'job', 'nobody']),
            id: z.string().nullable(),
            name: z.string(),
          }),
          action: z.string().openapi({ example: 'DELETE /api/v1/connectedAccounts/:id' }),
          path: z.string().openapi({ description: 'To what. Ids of entities stand there as a fingerprint.' }),
          projectId: z.string().nullable().openapi({ description: 'Whose chain it is in; null: of the installation.' }),
          address: z.string().nullable().openapi({ description: 'The network address it came from.' }),
          status: z.number().int().nullable().openapi({ description: 'Of the answer.' }),
          detail: z.string().nullable(),
          requestId: z.string(),
          sequence: z.number().int().openapi({ description: 'Its place in the chain, from 1 without a gap.' }),
          hash: z.string().openapi({ description: 'SHA-256 over this entry and the hash before, in hex.' }),
          at: isoDate('When it was done.'),
        })
        .openapi('OperatorAction'),
    ),
    nextCursor: z.string().nullable(),
  })
  .openapi('AuditLog')

const OverviewAccount = z
  .object({
    id: z.string(),
    appName: z.string(),
    entityId: z.string(),
    status: StatusField,
    statusReason: StatusReasonBody.nullable(),
    refreshFailures: z.number().int().openapi({ description: 'Failed refreshes in a row.' }),
    grantEndsAt: isoDate('When the grant ends, as far as the app tells.').nullable(),
    updatedAt: isoDate('When the account last changed.'),
  })
  .openapi('OverviewAccount')

const count = z.number().int()

export const OverviewBody = z
  .object({
    accounts: z.object({
      total: count,
      byStatus: z.object({ INITIATED: count, ACTIVE: count, FAILED: count, EXPIRED: count }),
      disabled: count,
    }),
    refreshes: z
      .object({
        succeeded: count,
        failed: count.openapi({ description: 'Accounts that were lost.' }),
        successRate: z.number().nullable().openapi({ description: 'Between 0 and 1; null when there were none.' }),
        hours: z.array(z.object({ start: isoDate('When the hour began.'), succeeded: count, failed: count })),
      })
      .openapi({ description: 'Of the last 24 hours.' }),
    refreshesDue: count.openapi({ description: 'Tokens that are refreshed within the hour.' }),
    dueSoon: count.openapi({ description: 'Accounts whose grant ends within a week, and that no refresh renews.' }),
    ending: z.array(OverviewAccount).openapi({ description: 'The first of those.' }),
    attention: z
      .array(OverviewAccount)
      .openapi({ description: 'Accounts that have expired or fail to refresh: the first.' }),
    attentionTotal: count,
    integrations: z
      .array(
        z.object({
          id: z.string(),
          appName: z.string(),
          name: z.string(),
          code: z.string().nullable(),
          message: z.string(),
          since: isoDate('Since when.'),
        }),
      )
      .openapi({ description: 'Those whose OAuth client the app refuses.' }),
    webhookEndpoints: z
      .array(
        z.object({
          id: z.string(),
          url: z.string(),
          disabledReason: z.enum(['gone', 'failing']).nullable(),
          since: isoDate('Since when.'),
        }),
      )
      .openapi({ description: 'Those that were disabled, or fail now.' }),
  })
  .openapi('Overview')

export const RevealInput = z
  .strictObject({
    reason: z
      .string()
      .max(500)
      .nullish()
      .transform((text) => text?.trim() || undefined)
      .openapi({ type: 'string', description: 'Why; it stands in the account’s history.' }),
  })
  .openapi('Reveal')

export const RevealedCredentials = z
  .object({
    params: z.record(z.string(), z.unknown()).openapi({ description: 'The connection params, in the clear.' }),
  })
  .openapi('RevealedCredentials')
