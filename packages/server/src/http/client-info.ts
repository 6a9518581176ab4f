import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { answers, isoDate, keyedRoute } from './schemas/common.ts'

const ClientInfo = z
  .object({
    client: z.object({
      autoId: z.number().int(),
      id: z.string().openapi({ description: "The project's id." }),
      name: z.string(),
      email: z.string(),
      createdAt: isoDate('When the project was made.'),
      updatedAt: isoDate('When it last changed.'),
      triggersEnabled: z.literal(false),
      lastSubscribedAt: z.null(),
      plan: z.string(),
      isNewWebhook: z.literal(true),
    }),
    apiKey: z.null().openapi({ description: 'Always null: a key is shown once, when it is made.' }),
  })
  .openapi('ClientInfo')

const clientInfo = keyedRoute({
  method: 'get',
  path: '/api/v1/client/auth/client_info',
  operationId: 'getClientInfo',
  tags: ['Project'],
  summary: 'Check the API key',
  description: 'Published clients call it when they start. GET /api/v1/project says the same more plainly.',
  responses: answers(ClientInfo, 'The key is valid.'),
})

export function clientInfoRoutes(_: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>().openapi(clientInfo, (c) => {
    const { project } = c.var
    const client = {
      autoId: 1,
      id: project.id,
      name: project.name,
      email: '',
      createdAt: project.createdAt.toISOString(),
      updatedAt: project.updatedAt.toISOString(),
      triggersEnabled: false as const,
      lastSubscribedAt: null,
      plan: 'self-hosted',
      isNewWebhook: true as const,
    }
    return c.json({ client, apiKey: null }, 200)
  })
}
