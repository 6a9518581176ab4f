import { createRoute, z } from '@hono/zod-openapi'
import type { Page } from '../../accounts/types.ts'
import { type ErrorCode, errorCodes, invalid } from '../../errors.ts'

export const FieldErrorBody = z
  .object({
    property: z
      .string()
      .openapi({ description: 'Path of the field in the request; empty when no single field is at fault.' }),
    message: z.string(),
  })
  .openapi('FieldError', { example: { property: 'data.api_key', message: 'is required' } })

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]

export const ErrorAnswer = z
  .object({
    status: z.number().int().openapi({ description: 'The HTTP status.' }),
    name: z.string(),
    type: z.string().openapi({ description: 'Family of the error.' }),
    code: z.enum(codes).openapi({ description: 'Stable; the list with meanings is in docs/errors.md.' }),
    message: z.string().openapi({ description: 'A plain sentence without secrets.' }),
    error: z.string().openapi({ description: 'The message again, for clients that read this name.' }),
    fix: z.string().openapi({ description: 'What to do about it.' }),
    requestId: z.string(),
    errors: z.array(FieldErrorBody),
    details: z.array(FieldErrorBody).openapi({ description: 'The same as errors.' }),
  })
  .openapi('Error', {
    example: {
      status: 400,
      name: 'BadRequestError',
      type: 'BadRequestError',
      code: 'validation_failed',
      message: 'data.api_key: is required',
      error: 'data.api_key: is required',
      fix: errorCodes.validation_failed.fix,
      requestId: '0b6f7a52-5a0a-4f5b-9a39-2f6a8c1f6b7e',
      errors: [{ property: 'data.api_key', message: 'is required' }],
      details: [{ property: 'data.api_key', message: 'is required' }],
    },
  })

/** The answers of a route: 200 with this body, and the error body for each status these codes have. */
export function answers<Body extends z.ZodType>(body: Body, description: string, ...refusals: ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of ['unauthorized', 'rate_limited', 'internal', ...refusals] as const) {
    const { status } = errorCodes[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const errors = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, list]) => [
      status,
      {
        description: list.map((code) => `\`${code}\``).join(', '),
        content: { 'application/json': { schema: ErrorAnswer } },
      },
    ])
  return {
    200: { description, content: { 'application/json': { schema: body } } },
    ...(Object.fromEntries(errors) as Record<never, never>),
  }
}

/** A route behind an API key. */
export const keyedRoute: typeof createRoute = (route) =>
  createRoute({ security: [{ apiKey: [] }, { bearer: [] }], ...route })

/** A JSON request body. The server also takes it empty or under another content type; see `body.ts`. */
export const jsonContent = <Body extends z.ZodType>(schema: Body, required = true) => ({
  required,
  content: { 'application/json': { schema } },
})

export const Done = z
  .object({ status: z.literal('success'), count: z.number().int().openapi({ description: 'How many were deleted.' }) })
  .openapi('Deleted', { example: { status: 'success', count: 1 } })

export const isoDate = (description: string) =>
  z.iso.datetime().openapi({ description, example: '2026-11-25T10:00:00.000Z' })

export const PathId = z.object({
  id: z.string().openapi({ param: { name: 'id', in: 'path' }, example: '7f0e4a52-93c4-4b7d-8a3e-0a2c5f9d1e68' }),
})

export const PathKey = z.object({
  key: z
    .string()
    .openapi({ param: { name: 'key', in: 'path' }, description: 'App key, in any case.', example: 'gmail' }),
})

/** A query of exactly these names. Another name is refused: a filter that is silently ignored answers with the wrong rows. */
export function filters<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ') || 'none'
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `is not a filter of this route; there are: ${known}` : undefined,
  })
}

/** The query of a list that has no filters. */
export const noFilters = filters({})

/** `true` or `false` (or 1, 0) in any case, as languages spell them. */
export const booleanFilter = (description: string) =>
  z
    .string()
    .transform((text, context) => {
      const lower = text.toLowerCase()
      if (lower === 'true' || lower === '1') return true
      if (lower === 'false' || lower === '0') return false
      context.addIssue({ code: 'custom', message: 'must be true or false' })
      return z.NEVER
    })
    .optional()
    .openapi({ type: 'boolean', description })

/** A comma list, or the name several times. Blank means that the filter was not given. */
export const listFilter = (description: string, example: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat().flatMap((text) => text.split(',')))
    .transform((values) => values.map((text) => text.trim()).filter((text) => text !== ''))
    .optional()
    .openapi({ type: 'string', description: `${description} Several are separated by commas.`, example })

/** Clients ask for 99999999 to get all in one page. */
export const largestPage = 100_000

export const pagingFilters = {
  page: z.coerce
    .number('must be a number')
    .int()
    .min(1)
    .optional()
    .openapi({ type: 'integer', description: 'Counts from 1.', default: 1 }),
  pageSize: z.coerce
    .number('must be a number')
    .int()
    .min(1)
    .optional()
    .openapi({
      type: 'integer',
      description: `Default: all. At most ${largestPage} come in one page; totalPages says how many pages there are.`,
    }),
}

export const pagingOf = (query: { page?: number | undefined; pageSize?: number | undefined }) => ({
  page: query.page ?? 1,
  pageSize: Math.min(query.pageSize ?? largestPage, largestPage),
})

export function pageOf<Item>(all: readonly Item[], { page, pageSize }: { page: number; pageSize: number }): Page<Item> {
  return {
    items: all.slice((page - 1) * pageSize, page * pageSize),
    page,
    totalPages: Math.ceil(all.length / pageSize),
    totalItems: all.length,
  }
}

export const pageFields = {
  page: z.number().int(),
  totalPages: z.number().int(),
  totalItems: z.number().int(),
}

/** Clients send null, or an empty string, where they mean nothing. */
export const optionalText = (description: string, longest = 2000) =>
  z
    .string()
    .max(longest)
    .nullish()
    .transform((text) => (text === null || text === '' ? undefined : text))
    .openapi({ type: 'string', description })

export const redirectUri = optionalText('Where the browser goes when the connection has ended. Empty means none.')

export const labels = z
  .array(z.string().min(1).max(100))
  .max(50)
  .nullish()
  .transform((list) => list ?? undefined)
  .openapi({
    type: 'array',
    items: { type: 'string' },
    description: 'Words of yours to find the account by.',
    example: ['primary'],
  })

export const inputData = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((data) => data ?? {})
  .openapi({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: "The integration's expected params by name. All values are strings.",
    example: { api_key: 'lin_api_…' },
  })

export const scopeList = z.array(z.string().min(1).max(300)).max(200)

const entityName = z.string().max(500).nullish()

/** The three names clients use for the entity. */
export const entityFields = {
  entityId: entityName.openapi({
    type: 'string',
    description: 'Your id of the user or tenant. Default: `default`.',
    example: 'user_42',
  }),
  userUuid: entityName.openapi({
    type: 'string',
    description: 'Older name of entityId; used when entityId is absent.',
    deprecated: true,
  }),
  user_uuid: entityName.openapi({ type: 'string', description: 'Older name of entityId.', deprecated: true }),
}

/**
 * The entity a request is for; `default` when it names none.
 * @throws {AppError} validation_failed for an empty id: that is a lost user id, and it must not land on a shared entity.
 */
export function entityOf(body: {
  entityId?: string | null | undefined
  userUuid?: string | null | undefined
  user_uuid?: string | null | undefined
}): string {
  for (const property of ['entityId', 'userUuid', 'user_uuid'] as const) {
    const id = body[property]
    if (id === undefined || id === null) continue
    if (id.trim() === '')
      throw invalid({ property, message: 'must not be empty; leave it out for the entity named default' })
    return id
  }
  return 'default'
}
