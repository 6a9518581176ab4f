/**
 * The HTTP API: routes, the schemas that validate requests and describe them, who may call, and what errors look like.
 * It parses, calls a service and presents the answer; every decision about accounts, integrations and projects is theirs.
 */
export { answerHeaders } from './answer-headers.ts'
export { apiRoutes, createApi } from './api.ts'
export { appPages } from './app-pages.ts'
export type { ApiDependencies, Log } from './context.ts'
export { type CredentialRoute, createCredentialRoute } from './credential-route.ts'
export { type OpenApiDocument, openApiDocument } from './openapi.ts'
export { createRateLimits, limitPages } from './rate-limits.ts'
