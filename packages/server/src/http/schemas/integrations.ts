import { authSchemeNames } from '@holdfast/catalog'
import { z } from '@hono/zod-openapi'
import {
  booleanFilter,
  entityFields,
  filters,
  inputData,
  isoDate,
  labels,
  optionalText,
  pageFields,
  pagingFilters,
  redirectUri,
  scopeList,
} from './common.ts'

export const AuthSchemeNameField = z.enum(authSchemeNames).openapi('AuthSchemeName')

export const ExpectedFieldBody = z
  .object({
    name: z.string(),
    type: z.string().openapi({ description: 'Always `string`: all values are strings.' }),
    displayName: z.string(),
    display_name: z.string(),
    description: z.string(),
    default: z.string().nullable(),
    required: z.boolean(),
    expected_from_customer: z
      .boolean()
      .openapi({ description: 'False for what the operator sets once for an integration.' }),
    is_secret: z.boolean(),
    get_current_user_endpoint: z.null(),
    example: z.string().nullable(),
    pattern: z.string().nullable().openapi({ description: 'A hint for role credential, a wall for every other role.' }),
    help_url: z.string().nullable(),
    options: z.array(z.string()).nullable().openapi({ description: 'The only values allowed; null when any is.' }),
    role: z
      .enum(['credential', 'hostLabel', 'host', 'path', 'value'])
      .openapi({ description: 'What the value becomes.' }),
  })
  .openapi('ExpectedField')

export const MemberBody = z
  .object({
    id: z.string(),
    orgId: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    createdAt: z.string(),
    updatedAt: z.string(),
    deletedAt: z.null(),
  })
  .openapi('Member', { description: 'The project, in the shape clients expect of a member.' })

const userVerification = z.enum(['none', 'required']).openapi({
  description: "Whether your backend confirms which user came back. Null: as the project's userVerification says.",
})

const integrationShape = {
  id: z.string(),
  name: z.string(),
  authScheme: AuthSchemeNameField,
  createdAt: isoDate('When it was made.'),
  updatedAt: isoDate('When it last changed.'),
  enabled: z.boolean(),
  deleted: z.literal(false),
  appId: z.string().openapi({ description: 'The app key.' }),
  appName: z.string().openapi({ description: 'The app key, lower case.' }),
  logo: z.string(),
  defaultConnectorId: z.null(),
  authConfig: z.record(z.string(), z.string()).openapi({ description: 'The OAuth client; secrets are blank.' }),
  expectedInputFields: z.array(ExpectedFieldBody),
  useComposioAuth: z
    .boolean()
    .openapi({ description: 'True when it runs on credentials the developer did not enter.' }),
  limitedActions: z.array(z.string()),
  redirectUri: z.string().openapi({ description: "Register this with the app's OAuth client." }),
  scopes: scopeList.nullable().openapi({ description: "Null: the app's defaults." }),
  clientId: z.string().nullable(),
  hasClientSecret: z.boolean(),
  params: z
    .record(z.string(), z.string())
    .openapi({ description: "Values of the definition's integrationParams, by name; secret ones are blank." }),
  simulated: z.boolean().openapi({ description: "The simulator plays the app's side." }),
  isDefault: z.boolean().openapi({ description: 'Made by the server so that the app is ready.' }),
  problem: z
    .object({ code: z.string(), message: z.string(), since: isoDate('Since when.') })
    .nullable()
    .openapi({ description: 'The app refuses the OAuth client; null while all is well.' }),
  userVerification: userVerification.nullable(),
}

export const IntegrationBody = z.object(integrationShape).openapi('Integration')

export const IntegrationItem = z
  .object({
    ...integrationShape,
    _count: z.object({ connections: z.number().int() }).openapi({ description: 'How many accounts it has.' }),
    connections: z.array(z.unknown()).openapi({ description: 'Always empty; list accounts by integrationId instead.' }),
    member: MemberBody,
  })
  .openapi('IntegrationItem')

export const IntegrationPage = z.object({ items: z.array(IntegrationItem), ...pageFields }).openapi('IntegrationPage')

export const IntegrationFilters = filters({
  appName: optionalText('App key, in any case.'),
  authScheme: AuthSchemeNameField.optional(),
  showDisabled: booleanFilter('false: only enabled ones. Default: all.'),
  ...pagingFilters,
})

/** Clients send scopes as a list or as text separated by blanks or commas. */
export const scopesInput = z
  .union([z.string(), scopeList])
  .nullish()
  .transform((value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : (value ?? undefined)))
  .openapi({ type: 'array', items: { type: 'string' }, description: "Replace the app's default scopes." })

/** Other members are ignored: clients put more into it than an OAuth client. */
export const OAuthClientInput = z
  .looseObject({
    client_id: optionalText('Client ID of your OAuth client.'),
    client_secret: optionalText('Its secret. Stored encrypted, never shown again.', 5000),
    scopes: scopesInput,
  })
  .nullish()
  .transform((config) => config ?? undefined)
  .openapi({
    type: 'object',
    properties: {
      client_id: { type: 'string' },
      client_secret: { type: 'string' },
      scopes: { type: 'array', items: { type: 'string' } },
    },
    description: 'The OAuth client of the operator.',
    example: { client_id: 'your-client-id', client_secret: 'your-client-secret' },
  })

const clientFields = {
  authConfig: OAuthClientInput,
  clientId: optionalText('Same as authConfig.client_id.'),
  clientSecret: optionalText('Same as authConfig.client_secret.', 5000),
  scopes: scopesInput,
  params: z
    .record(z.string(), z.unknown())
    .optional()
    .openapi({
      type: 'object',
      additionalProperties: { type: 'string' },
      description:
        "What the app wants of the operator beside an OAuth client: its definition's integrationParams, by name.",
    }),
}

export const CreateIntegrationBody = z
  .object({
    name: optionalText('Shown to you in lists.', 200),
    appId: optionalText('App key, in any case.', 200),
    appName: optionalText('The same as appId.', 200),
    app: optionalText('The same as appId.', 200),
    authScheme: AuthSchemeNameField.nullish().transform((scheme) => scheme ?? undefined),
    ...clientFields,
    enabled: z.boolean().optional().openapi({
      description:
        'false: not to be used yet. Then the OAuth client may follow, since apps ask for the redirect URI before they give one.',
    }),
    simulated: z
      .boolean()
      .optional()
      .openapi({ description: 'Let the simulator play the app. Only in test projects.' }),
    userVerification: userVerification.nullable().optional(),
    useComposioAuth: z
      .boolean()
      .nullish()
      .openapi({ description: 'True without a client: use the OAuth client already set for the app, if any.' }),
    forceNewIntegration: z
      .boolean()
      .nullish()
      .openapi({ description: 'Accepted; a new integration is made in any case.' }),
  })
  .openapi('CreateIntegration', {
    example: { name: 'Gmail of Acme', appId: 'gmail', authConfig: { client_id: 'id', client_secret: 'secret' } },
  })

export const UpdateIntegrationBody = z
  .strictObject({
    name: z.string().min(1).max(200).optional(),
    enabled: z.boolean().optional(),
    userVerification: userVerification.nullable().optional(),
    ...clientFields,
    scopes: z
      .union([z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean)), scopeList])
      .nullable()
      .optional()
      .openapi({
        type: ['array', 'null'],
        items: { type: 'string' },
        description: "null: back to the app's defaults.",
      }),
  })
  .openapi('UpdateIntegration')

export const UpdatedIntegration = z
  .object({ status: z.literal('success'), ...integrationShape })
  .openapi('UpdatedIntegration')

/** v2 bodies name the app in `app` and the settings in `config`. */
const AppReference = z.object({
  uniqueKey: optionalText('App key, in any case.', 200),
  integrationId: optionalText('An integration of yours.', 200),
})

const ConfigV2 = z
  .object({
    name: optionalText('Name of the integration.', 200),
    authScheme: AuthSchemeNameField.nullish().transform((scheme) => scheme ?? undefined),
    useComposioAuth: z
      .boolean()
      .nullish()
      .openapi({ description: 'Ignored: whether integrationSecrets are there decides.' }),
    integrationSecrets: OAuthClientInput,
  })
  .nullish()
  .transform((config) => config ?? undefined)

export const IntegrationV2Body = z.object({ app: AppReference, config: ConfigV2 }).openapi('IntegrationV2')

export const InitiateV2Body = z
  .object({
    app: AppReference,
    config: ConfigV2,
    connection: z
      .object({
        ...entityFields,
        initiateData: inputData,
        extra: z
          .object({ redirectURL: redirectUri, redirectUri, labels })
          .nullish()
          .transform((extra) => extra ?? undefined),
      })
      .nullish()
      .transform((connection) => connection ?? undefined),
  })
  .openapi('InitiateV2', {
    example: {
      app: { uniqueKey: 'gmail' },
      connection: { entityId: 'user_42', initiateData: {}, extra: { redirectURL: 'https://yours.example/connected' } },
    },
  })

export const IntegrationReference = z
  .object({ integrationId: z.string(), isNewIntegration: z.boolean() })
  .openapi('IntegrationReference')

export const IntegrationMatches = z
  .object({
    matchedIntegrationIds: z.array(z.string()),
    appInfo: z.object({ appId: z.string(), uniqueKey: z.string(), name: z.string(), logo: z.string() }).nullable(),
  })
  .openapi('IntegrationMatches')
