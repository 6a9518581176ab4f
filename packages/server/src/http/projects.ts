import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { apiKeyBody, projectBody } from './present.ts'
import { answers, Done, jsonContent, keyedRoute, noFilters } from './schemas/common.ts'
import {
  ApiKeyList,
  CreateApiKeyBody,
  CreateProjectBody,
  NewApiKey,
  NewProject,
  ProjectBody,
  ProjectList,
  RotateApiKeyBody,
  RotatedApiKey,
  UpdateProjectBody,
} from './schemas/projects.ts'

const tags = ["Operator's routes"]

const ProjectId = z.object({ projectId: z.string().openapi({ param: { name: 'projectId', in: 'path' } }) })
const KeyId = ProjectId.extend({ keyId: z.string().openapi({ param: { name: 'keyId', in: 'path' } }) })

const ownProject = keyedRoute({
  method: 'get',
  path: '/api/v1/project',
  operationId: 'getOwnProject',
  tags: ['Project'],
  summary: 'Get the project of the API key',
  responses: answers(ProjectBody, 'The project.'),
})

const listProjects = keyedRoute({
  method: 'get',
  path: '/api/v1/projects',
  operationId: 'listProjects',
  tags,
  summary: 'List projects',
  description: "Needs the operator's key.",
  request: { query: noFilters },
  responses: answers(ProjectList, 'The projects.', 'validation_failed'),
})

const createProject = keyedRoute({
  method: 'post',
  path: '/api/v1/projects',
  operationId: 'createProject',
  tags,
  summary: 'Create a project',
  description: "Needs the operator's key. The answer holds the project's first API key, this once.",
  request: { body: jsonContent(CreateProjectBody) },
  responses: answers(NewProject, 'The project and its key.', 'validation_failed'),
})

const getProject = keyedRoute({
  method: 'get',
  path: '/api/v1/projects/{projectId}',
  operationId: 'getProject',
  tags,
  summary: 'Get a project',
  description: "Needs the operator's key.",
  request: { params: ProjectId },
  responses: answers(ProjectBody, 'The project.', 'not_found'),
})

const updateProject = keyedRoute({
  method: 'patch',
  path: '/api/v1/projects/{projectId}',
  operationId: 'updateProject',
  tags,
  summary: 'Change a project',
  description: "Needs the operator's key. The mode cannot be changed.",
  request: { params: ProjectId, body: jsonContent(UpdateProjectBody) },
  responses: answers(ProjectBody, 'The project.', 'validation_failed', 'not_found'),
})

const deleteProject = keyedRoute({
  method: 'delete',
  path: '/api/v1/projects/{projectId}',
  operationId: 'deleteProject',
  tags,
  summary: 'Delete a project with all it owns',
  description: "Needs the operator's key.",
  request: { params: ProjectId },
  responses: answers(Done, 'It is gone.', 'not_found'),
})

const listKeys = keyedRoute({
  method: 'get',
  path: '/api/v1/projects/{projectId}/apiKeys',
  operationId: 'listApiKeys',
  tags,
  summary: 'List the API keys of a project',
  description: "Needs the operator's key.",
  request: { params: ProjectId, query: noFilters },
  responses: answers(ApiKeyList, 'The keys, without their text.', 'validation_failed', 'not_found'),
})

const createKey = keyedRoute({
  method: 'post',
  path: '/api/v1/projects/{projectId}/apiKeys',
  operationId: 'createApiKey',
  tags,
  summary: 'Create an API key',
  description: "Needs the operator's key. The text of the key is in this answer only.",
  request: { params: ProjectId, body: jsonContent(CreateApiKeyBody, false) },
  responses: answers(NewApiKey, 'The key.', 'validation_failed', 'not_found'),
})

const rotateKey = keyedRoute({
  method: 'post',
  path: '/api/v1/projects/{projectId}/apiKeys/{keyId}/rotate',
  operationId: 'rotateApiKey',
  tags,
  summary: 'Replace an API key by a new one',
  description:
    "Needs the operator's key. The new key may do what the old one may. Both work until the overlap is over. The text of the new key is in this answer only.",
  request: { params: KeyId, body: jsonContent(RotateApiKeyBody, false) },
  responses: answers(RotatedApiKey, 'The new key.', 'validation_failed', 'not_found'),
})

const deleteKey = keyedRoute({
  method: 'delete',
  path: '/api/v1/projects/{projectId}/apiKeys/{keyId}',
  operationId: 'deleteApiKey',
  tags,
  summary: 'Delete an API key',
  description: "Needs the operator's key. The API key stops working at once.",
  request: { params: KeyId },
  responses: answers(Done, 'It is gone.', 'not_found'),
})

export function projectRoutes({ projects, accounts }: ApiDependencies): Routes {
  const gone = { status: 'success' as const, count: 1 }

  return new OpenAPIHono<ApiEnv>()
    .openapi(ownProject, (c) => c.json(projectBody(c.var.project), 200))
    .openapi(listProjects, async (c) => c.json({ items: (await projects.list()).map(projectBody) }, 200))
    .openapi(createProject, async (c) => {
      const project = await projects.create(c.req.valid('json'))
      const { key } = await projects.createKey(project.id, { name: 'first key' })
      return c.json({ ...projectBody(project), apiKey: key.reveal() }, 200)
    })
    .openapi(getProject, async (c) => c.json(projectBody(await projects.get(c.req.valid('param').projectId)), 200))
    .openapi(updateProject, async (c) =>
      c.json(projectBody(await projects.update(c.req.valid('param').projectId, c.req.valid('json'))), 200),
    )
    .openapi(deleteProject, async (c) => {
      const { id } = await projects.get(c.req.valid('param').projectId)
      await accounts.deleteOfProject(id)
      await projects.delete(id)
      return c.json(gone, 200)
    })
    .openapi(listKeys, async (c) => {
      const keys = await projects.listKeys(c.req.valid('param').projectId)
      return c.json({ items: keys.map(apiKeyBody) }, 200)
    })
    .openapi(createKey, async (c) => {
      const { name, expiresAt, scopes, entityIds, integrationIds, connectedAccountIds } = c.req.valid('json')
      const { apiKey, key } = await projects.createKey(c.req.valid('param').projectId, {
        name,
        expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
        access: {
          scopes: scopes ? [...new Set(scopes)] : null,
          entityIds: entityIds ?? null,
          integrationIds: integrationIds ?? null,
          accountIds: connectedAccountIds ?? null,
        },
      })
      return c.json({ ...apiKeyBody(apiKey), key: key.reveal() }, 200)
    })
    .openapi(rotateKey, async (c) => {
      const { projectId, keyId } = c.req.valid('param')
      const { overlapSeconds } = c.req.valid('json')
      const { apiKey, key, previousExpiresAt } = await projects.rotateKey(projectId, keyId, overlapSeconds)
      return c.json(
        { ...apiKeyBody(apiKey), key: key.reveal(), previousExpiresAt: previousExpiresAt.toISOString() },
        200,
      )
    })
    .openapi(deleteKey, async (c) => {
      const { projectId, keyId } = c.req.valid('param')
      await projects.deleteKey(projectId, keyId)
      return c.json(gone, 200)
    })
}
