import { z } from '@hono/zod-openapi'
import { accountStatuses, statusReasonCodes } from '../../accounts/types.ts'
import {
  booleanFilter,
  entityFields,
  filters,
  inputData,
  isoDate,
  labels,
  listFilter,
  optionalText,
  pageFields,
  pagingFilters,
  redirectUri,
  scopeList,
} from './common.ts'
import { AuthSchemeNameField, MemberBody } from './integrations.ts'

export const StatusField = z.enum(accountStatuses).openapi('AccountStatus')

const reasonCodes = Object.keys(statusReasonCodes) as [
  keyof typeof statusReasonCodes,
  ...(keyof typeof statusReasonCodes)[],
]

export const StatusReasonBody = z
  .object({
    code: z.enum(reasonCodes).openapi({ description: 'Stable.' }),
    message: z.string().openapi({ description: 'A plain sentence.' }),
    mustAct: z.enum(['endUser', 'operator', 'developer', 'nobody']).openapi({ description: 'Who can change it.' }),
  })
  .openapi('StatusReason')

export const RevealedBody = z
  .object({ by: z.string(), reason: z.string().nullable() })
  .openapi('Revealed', { description: 'Of credentials_revealed: who saw the credentials, and why.' })

export const IdentityBody = z
  .object({ id: z.string(), name: z.string().nullable(), email: z.string().nullable(), avatar: z.string().nullable() })
  .openapi('Identity', { description: 'Whose account it is at the app, as far as the app tells.' })

const ParamBody = z
  .object({ name: z.string(), in: z.enum(['header', 'query']), value: z.string() })
  .openapi('AuthParam', { example: { name: 'Authorization', in: 'header', value: 'Bearer …' } })

const ConnectionParamsBody = z
  .record(z.string(), z.union([z.string(), z.record(z.string(), z.string())]))
  .openapi('ConnectionParams', {
    description:
      'The raw credentials, with ready-made headers, queryParams and base_url. Empty unless the account is ACTIVE and enabled.',
    example: {
      access_token: '…',
      token_type: 'Bearer',
      headers: { Authorization: 'Bearer …' },
      queryParams: {},
      base_url: 'https://www.googleapis.com',
    },
  })

const authParamsShape = {
  base_url: z.string(),
  params: z.array(ParamBody),
  parameters: z.array(ParamBody).openapi({ description: 'The same as params.' }),
  body: z.record(z.string(), z.string()),
}

export const AuthParamsBody = z.object(authParamsShape).openapi('AuthParams')

const accountShape = {
  id: z.string(),
  connectedAccountId: z.string().openapi({ description: 'The same as id.' }),
  integrationId: z.string(),
  appUniqueId: z.string().openapi({ description: 'App key, lower case.' }),
  appName: z.string().openapi({ description: 'App key, lower case.' }),
  authScheme: AuthSchemeNameField,
  clientUniqueUserId: z.string().openapi({ description: 'The same as entityId.', deprecated: true }),
  entityId: z.string(),
  status: StatusField,
  statusReason: StatusReasonBody.nullable(),
  enabled: z.boolean(),
  isDisabled: z.boolean(),
  deleted: z.literal(false),
  verification: z
    .enum(['verified', 'unverified', 'not_checked'])
    .openapi({ description: "Whether the app's test call accepted the credential." }),
  identity: IdentityBody.nullable(),
  labels: z.array(z.string()),
  requestedScopes: scopeList.nullable(),
  grantedScopes: scopeList.nullable(),
  missingScopes: scopeList.openapi({ description: 'Those asked for that the app did not give, where it says.' }),
  expiresAt: isoDate('When the access token ends; null when it does not, or is unknown.').nullable(),
  simulated: z.boolean(),
  logo: z.string(),
  invocationCount: z.string(),
  createdAt: isoDate('When the account was begun.'),
  updatedAt: isoDate('When it last changed.'),
  member: MemberBody,
  memberInfo: MemberBody,
  meta: z.object({ app: z.object({ get_current_user_endpoint: z.null() }) }),
  connectionParams: ConnectionParamsBody,
}

export const AccountBody = z
  .object({
    ...accountShape,
    duplicateOf: z
      .array(z.string())
      .openapi({ description: 'Other accounts of the project that are the same account at the same app.' }),
    ...z.object(authParamsShape).partial().shape,
  })
  .openapi('ConnectedAccount', {
    description: 'base_url, params, parameters and body are there when the account is ACTIVE and enabled.',
  })

export const AccountItem = z.object(accountShape).openapi('ConnectedAccountItem')

export const AccountPage = z
  .object({
    items: z.array(AccountItem),
    ...z.object(pageFields).partial().shape,
    nextCursor: z.string().nullable().openapi({ description: 'For the page after this one; null at the end.' }),
  })
  .openapi('ConnectedAccountPage', {
    description: 'page, totalPages and totalItems are there unless a cursor was given.',
  })

const appKeys = () => listFilter('App keys, in any case.', 'gmail,linear')
const entityFilter = () =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value, context) => {
      const ids = [value]
        .flat()
        .flatMap((text) => text.split(','))
        .map((text) => text.trim())
      if (ids.every((id) => id !== '')) return ids
      context.addIssue({ code: 'custom', message: 'must not be empty: a lost user id would list everybody' })
      return z.NEVER
    })
    .optional()
    .openapi({ type: 'string', description: 'Entity ids. Several are separated by commas.', example: 'user_42' })

export const AccountFilters = filters({
  appNames: appKeys(),
  appUniqueKeys: appKeys(),
  'appUniqueKeys[]': appKeys(),
  entityId: entityFilter(),
  user_uuid: entityFilter(),
  status: listFilter('Statuses, in any case.', 'ACTIVE,EXPIRED').transform((values, context) => {
    const statuses = values?.map((value) => value.toUpperCase())
    for (const status of statuses ?? [])
      if (!isStatus(status))
        context.addIssue({ code: 'custom', message: `${status.slice(0, 50)} is none of ${accountStatuses.join(', ')}` })
    return statuses?.filter(isStatus)
  }),
  showActiveOnly: booleanFilter('true: only those with status ACTIVE.'),
  showDisabled: booleanFilter('false: only enabled ones. Default: all.'),
  integrationId: listFilter('Integrations.', '3f0c2f3e-…'),
  connectionId: listFilter('Account ids.', '9a1b7c44-…'),
  labels: listFilter('Accounts that have one of these labels.', 'primary'),
  search: optionalText(
    'Part of the entity, of the account id, or of the name or address at the app; in any case.',
    200,
  ),
  ...pagingFilters,
  cursor: optionalText(
    'nextCursor of the page before, in place of page: as fast for the last page as for the first.',
    100,
  ),
})

const isStatus = (text: string): text is (typeof accountStatuses)[number] =>
  (accountStatuses as readonly string[]).includes(text)

export const AccountWait = filters({
  waitFor: z
    .string()
    .toUpperCase()
    .pipe(z.enum(accountStatuses))
    .optional()
    .openapi({
      type: 'string',
      enum: [...accountStatuses],
      description:
        'Answer when the account has this status, can no longer reach it (FAILED, EXPIRED), or time is up: always with the account.',
    }),
  timeoutSeconds: z.coerce
    .number('must be a number')
    .int()
    .min(1)
    .max(60)
    .optional()
    .openapi({ type: 'integer', description: 'How long to wait. Default 30.' }),
})

export const InitiateBody = z
  .object({
    integrationId: optionalText('An integration of the project. Without it, app is needed.', 200),
    app: optionalText("App key: the app's first integration is used.", 200),
    appName: optionalText('The same as app.', 200),
    ...entityFields,
    data: inputData,
    redirectUri,
    labels,
    scopes: scopeList.optional().openapi({ description: "Replace the integration's scopes for this connection." }),
    optionalScopes: scopeList.optional().openapi({
      description: 'Asked for besides, or some of those: the person may leave them out on the connect page.',
    }),
  })
  .openapi('Initiate', {
    example: {
      integrationId: '3f0c2f3e-7b5a-4a54-9d4e-0c6f5b8d2a11',
      entityId: 'user_42',
      redirectUri: 'https://yours.example/connected',
      data: {},
    },
  })

export const InitiateAnswer = z
  .object({
    connectionStatus: StatusField,
    connectedAccountId: z.string(),
    redirectUrl: z
      .string()
      .nullable()
      .openapi({ description: 'Send the person here; null when the account is ACTIVE at once.' }),
  })
  .openapi('InitiatedConnection', {
    example: {
      connectionStatus: 'INITIATED',
      connectedAccountId: '9a1b7c44-0d0f-4a38-8a55-6f3c1f1f0f01',
      redirectUrl: 'http://127.0.0.1:4280/connect/…',
    },
  })

export const InitiateV2Answer = z
  .object({
    connectionResponse: InitiateAnswer,
    integration: z.object({ id: z.string(), isNewIntegration: z.boolean() }),
  })
  .openapi('InitiatedConnectionV2')

export const ReinitiateBody = z
  .object({
    data: inputData,
    redirectUri,
    allowIdentityChange: z.boolean().optional().openapi({
      description:
        'Take the new credential although it is of another person or tenant than the old one. Default: it is refused.',
    }),
  })
  .openapi('Reinitiate')

export const AccountDone = z
  .object({ status: z.literal('success'), connectedAccountId: z.string() })
  .openapi('AccountChanged')

export const ConfirmBody = z
  .strictObject({
    handle: z
      .string()
      .min(1)
      .max(200)
      .openapi({ description: 'What the browser brought to your redirectUri. It works once, for five minutes.' }),
    entityId: z
      .string()
      .min(1)
      .max(200)
      .openapi({ description: 'Your own id of the user who is signed in at your site right now.' }),
  })
  .openapi('ConfirmConnection', { example: { handle: 'vQ3k…', entityId: 'user_42' } })

export const LabelsBody = z
  .object({ labels: z.array(z.string().min(1).max(100)).max(50) })
  .openapi('Labels', { example: { labels: ['primary'] } })

export const SimulatorScriptBody = z
  .strictObject({
    expireNow: z.literal(true).optional().openapi({ description: 'The access token stops working now.' }),
    revoke: z
      .literal(true)
      .optional()
      .openapi({ description: 'The grant is gone: refreshes answer invalid_grant, calls 401.' }),
    failNextTokenCalls: z
      .strictObject({
        times: z.int().min(0).max(1000),
        status: z.int().min(200).max(599).optional(),
        body: z.string().max(10_000).optional(),
        delayMs: z.int().min(0).max(120_000).optional(),
        dropAnswer: z.boolean().optional().openapi({ description: 'The call is carried out but its answer is lost.' }),
      })
      .optional(),
    rotateRefreshTokens: z.boolean().optional(),
  })
  .openapi('SimulatorScript', { example: { failNextTokenCalls: { times: 2, status: 503 } } })

export const SimulatorAnswer = z
  .object({
    state: z.object({
      accessTokenExpiresAt: z.string().nullable(),
      revoked: z.boolean(),
      rotateRefreshTokens: z.boolean(),
      pendingFailures: z.number().int(),
      tokenCalls: z.number().int(),
    }),
  })
  .openapi('SimulatorAnswer')
