import type { MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import type { ApiEnv } from './context.ts'

export const maxBodyBytes = 1024 * 1024

/** TRACE is none of ours, and no request object can be made of it (Fetch standard, forbidden methods). */
const bodiless = new Set(['GET', 'HEAD', 'TRACE'])

/**
 * Makes every body JSON before a route sees it. Published clients send empty form posts, and JSON under other content
 * types: what counts is the text. An empty body is `{}`.
 *
 * @throws {AppError} validation_failed when the body is larger than 1 MiB or is not JSON.
 */
export function jsonBody(): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const request = c.req.raw
    if (bodiless.has(request.method)) return next()
    const text = await readText(request)
    const headers = new Headers(request.headers)
    headers.delete('content-length')
    headers.set('content-type', 'application/json')
    const body = text.trim() === '' || text.trim() === 'null' ? '{}' : text
    checkJson(body)
    c.req.raw = new Request(request.url, { method: request.method, headers, body, signal: request.signal })
    await next()
  }
}

/** An escaped NUL that is not itself an escaped backslash. PostgreSQL stores no text that has one. */
const escapedNul = /(?<!\\)(?:\\\\)*\\u0000/

function checkJson(text: string): void {
  if (escapedNul.test(text)) throw new AppError('validation_failed', 'Text may not contain a NUL character.')
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // The parser's own message quotes the body, which may hold credentials.
    throw new AppError('validation_failed', 'The request body is not valid JSON.')
  }
  checkShape(body)
}

/** More than any request needs, and few enough that no schema has much to do with what it refuses. */
const maxDepth = 32
const maxFields = 20_000

function checkShape(body: unknown): void {
  let level: unknown[] = [body]
  let fields = 0
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw new AppError('validation_failed', `The request body is nested deeper than ${maxDepth}.`)
    const below: unknown[] = []
    for (const value of level)
      if (typeof value === 'object' && value !== null) for (const field of Object.values(value)) below.push(field)
    fields += below.length
    if (fields > maxFields)
      throw new AppError('validation_failed', `The request body has more than ${maxFields} fields.`)
    level = below
  }
}

async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge()
  if (!request.body) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > maxBodyBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const tooLarge = () => new AppError('validation_failed', 'The request body is larger than 1 MiB.')
