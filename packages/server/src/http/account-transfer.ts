import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { importedBody } from './present.ts'
import { answers, jsonContent, keyedRoute } from './schemas/common.ts'
import { ExportAnswer, ExportBody, ImportAnswer, ImportBody } from './schemas/transfer.ts'

const tags = ['Connected accounts']

const importAccounts = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/import',
  operationId: 'importConnectedAccounts',
  tags,
  summary: 'Import accounts with their credentials',
  description:
    'Up to 100. Nothing is stored when one item is wrong. What is stored is sealed first and then tried at the app: a credential that the app refuses is EXPIRED in the answer, one that cannot be checked now is unverified.',
  request: { body: jsonContent(ImportBody) },
  responses: answers(ImportAnswer, 'The accounts.', 'validation_failed'),
})

const exportAccounts = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/export',
  operationId: 'exportConnectedAccounts',
  tags,
  summary: 'Export accounts with their credentials, encrypted',
  description:
    "ACTIVE accounts, 100 at a time, encrypted to a public key of yours. Each account's history records it. Where an app replaces refresh tokens, only one installation may go on using them.",
  request: { body: jsonContent(ExportBody) },
  responses: answers(ExportAnswer, 'The encrypted accounts.', 'validation_failed'),
})

export function accountTransferRoutes({ transfer }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(importAccounts, async (c) => {
      const { items } = c.req.valid('json')
      const imported = await transfer.import(
        c.var.project.id,
        items.map(({ app, ...item }) => ({ ...item, app: app?.toLowerCase() })),
      )
      const isNew = imported.filter((account) => account.isNew)
      return c.json({ imported: isNew.length, items: imported.map(importedBody) }, 200)
    })
    .openapi(exportAccounts, async (c) => {
      const { recipientPublicKey, filter = {}, cursor } = c.req.valid('json')
      const { apps, ...selection } = filter
      const exported = await transfer.export(c.var.project.id, {
        recipientPublicKey,
        selection: { ...selection, appKeys: apps?.map((key) => key.toLowerCase()) },
        cursor: cursor ?? undefined,
      })
      return c.json(exported, 200)
    })
}
