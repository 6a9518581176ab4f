import { z } from '@hono/zod-openapi'
import { booleanFilter, filters, isoDate, listFilter, optionalText, pageFields, pagingFilters } from './common.ts'
import { AuthSchemeNameField, ExpectedFieldBody } from './integrations.ts'

const templates = z.record(z.string(), z.string())

export const AppAuthSchemeBody = z
  .object({
    mode: AuthSchemeNameField,
    auth_mode: AuthSchemeNameField.openapi({ description: 'The same as mode.' }),
    scheme_name: z.string(),
    name: z.string(),
    label: z.string(),
    fields: z.array(ExpectedFieldBody),
    proxy: z
      .object({ base_url: z.string(), headers: templates, query_params: templates, path_params: templates })
      .openapi({ description: 'How a call to the app is built; {{name}} stands for a value.' }),
    authorization_url: z.string().optional(),
    token_url: z.string().optional(),
    request_url: z.string().optional().openapi({ description: 'Where OAuth 1 begins.' }),
    signature_method: z.string().optional(),
    default_scopes: z.array(z.string()).optional(),
    available_scopes: z.array(z.string()).optional(),
    scope_separator: z.string().optional(),
    authorization_params: templates.optional(),
    token_params: templates.optional(),
    token_response_metadata: z.array(z.string()).optional(),
    callback_url: z.string().optional(),
  })
  .openapi('AppAuthScheme')

const appShape = {
  appId: z.string().openapi({ description: 'The same as key.' }),
  key: z.string(),
  name: z.string(),
  description: z.string(),
  logo: z.string(),
  categories: z.array(z.string()),
  tags: z.array(z.string()),
  docs: z.string(),
  configuration_docs_text: z.string(),
  documentation_doc_text: z.string(),
  status: z.string(),
  enabled: z.literal(true),
  no_auth: z.boolean(),
  testConnectors: z
    .array(z.object({ id: z.string(), name: z.string(), authScheme: AuthSchemeNameField }))
    .openapi({ description: 'OAuth integrations that are ready to use.' }),
  auth_schemes: z.array(AppAuthSchemeBody),
  meta: z.record(z.string(), z.unknown()),
  yaml: z.object({ no_auth: z.boolean() }),
  get_current_user_endpoint: z.string().nullable(),
  builtIn: z.boolean().openapi({ description: "False for the project's own apps." }),
  sources: z.number().int().nullable().openapi({
    description: "How many independent sources its facts have; null: they were read from the vendor's own page.",
  }),
  unverified: z.boolean().openapi({
    description: 'Known from one source only; offered where HOLDFAST_UNVERIFIED_APPS is on.',
  }),
  createdAt: isoDate('When it was added.'),
  updatedAt: isoDate('When it last changed.'),
}

export const AppItem = z.object(appShape).openapi('AppItem')

export const AppBody = z
  .object({
    ...appShape,
    definition: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'The definition as stored; the format of POST /api/v1/apps.' }),
  })
  .openapi('App')

export const AppPage = z.object({ items: z.array(AppItem), ...pageFields }).openapi('AppPage')

export const AppFilters = filters({
  search: optionalText('Part of the name, key or description.', 200),
  category: optionalText('One category.', 100),
  authScheme: AuthSchemeNameField.optional(),
  additionalFields: listFilter('Accepted; all fields are always there.', 'auth_schemes'),
  includeLocal: booleanFilter('Accepted; there are no local apps.'),
  ...pagingFilters,
})
