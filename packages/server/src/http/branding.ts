import { OpenAPIHono } from '@hono/zod-openapi'
import { brandColours } from '../projects/index.ts'
import type { Branding } from '../projects/types.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { BrandingBody, UpdateBrandingBody } from './schemas/branding.ts'
import { answers, jsonContent, keyedRoute } from './schemas/common.ts'

const tags = ['Project']

const getBranding = keyedRoute({
  method: 'get',
  path: '/api/v1/project/branding',
  operationId: 'getBranding',
  tags,
  summary: 'Get how the connect pages look',
  responses: answers(BrandingBody, 'The branding.'),
})

const updateBranding = keyedRoute({
  method: 'patch',
  path: '/api/v1/project/branding',
  operationId: 'updateBranding',
  tags,
  summary: 'Change how the connect pages look',
  description: 'What is not named stays; null takes it away.',
  request: { body: jsonContent(UpdateBrandingBody, false) },
  responses: answers(BrandingBody, 'The branding.', 'validation_failed'),
})

export function brandingRoutes({ branding, baseUrl }: ApiDependencies): Routes {
  const present = (projectId: string, { logo, ...rest }: Branding) => ({
    ...rest,
    logo: logo && {
      type: logo.type,
      bytes: logo.bytes,
      url: `${baseUrl}/connect/assets/brands/${projectId}/logo?v=${logo.version}`,
    },
    colors: rest.color === null ? null : brandColours(rest.color),
  })
  return new OpenAPIHono<ApiEnv>()
    .openapi(getBranding, async (c) => {
      const { id } = c.var.project
      return c.json(present(id, await branding.get(id)), 200)
    })
    .openapi(updateBranding, async (c) => {
      const { id } = c.var.project
      return c.json(present(id, await branding.update(id, c.req.valid('json'))), 200)
    })
}
