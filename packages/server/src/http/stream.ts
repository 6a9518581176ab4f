import { OpenAPIHono, z } from '@hono/zod-openapi'
import { AppError } from '../errors.ts'
import type { FeedEvent } from '../webhooks/types.ts'
import { isStillWelcome } from './caller.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { answers, keyedRoute } from './schemas/common.ts'

/** Proxies end connections on which nothing happens; half a minute is the shortest in common use. */
const heartbeatMs = 15_000
const eventsAtOnce = 100
const mostStreams = 1000
/** How long a browser waits before it comes back. */
const retryMs = 2000

const follow = keyedRoute({
  method: 'get',
  path: '/api/v1/stream',
  operationId: 'streamEvents',
  tags: ['Events'],
  summary: 'Follow the events of the project as they happen',
  description:
    'Server-sent events. Each has data `{ id, type, timestamp, data }`, where data also has `connectedAccountId`. Come back with `Last-Event-ID` and nothing was missed, though an event may come twice; without it only what happens from now on is told.',
  request: {
    headers: z.object({
      'last-event-id': z.string().max(50).optional().openapi({ description: 'The id last received.' }),
    }),
  },
  responses: {
    ...answers(z.string(), 'The events, until one side ends it.', 'validation_failed'),
    200: {
      description: 'The events, until one side ends it.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
  },
})

export function streamRoutes(dependencies: ApiDependencies): Routes {
  const { webhooks, clock, stopping } = dependencies
  let open = 0

  /** Starts when somebody reads, so that an answer nobody reads holds nothing. */
  async function* events(options: {
    projectId: string
    cursor: string
    ended: AbortSignal
    isWelcome: () => Promise<boolean>
  }): AsyncGenerator<string, void, undefined> {
    const { projectId, ended, isWelcome } = options
    let { cursor } = options
    let changed = Promise.withResolvers<void>()
    const unwatch = webhooks.onEvents(projectId, () => changed.resolve())
    let checkedAt = clock.now().getTime()
    open++
    try {
      yield `retry: ${retryMs}\nid: ${cursor}\n\n`
      while (!ended.aborted) {
        changed = Promise.withResolvers()
        if (clock.now().getTime() - checkedAt >= heartbeatMs) {
          if (!(await isWelcome())) return
          checkedAt = clock.now().getTime()
        }
        const { items, nextCursor, hasMore } = await webhooks.feed(projectId, { cursor, limit: eventsAtOnce })
        cursor = nextCursor
        // The id stands at the last one only: the feed tells where it ends, and what comes twice does no harm.
        for (const [index, event] of items.entries())
          yield message(event, index === items.length - 1 ? cursor : undefined)
        if (hasMore) continue
        if ((await firstOf(changed.promise, ended)) === 'quiet') yield ': \n\n'
      }
    } finally {
      open--
      unwatch()
    }
  }

  /** Waits for news, an end, or the time for a sign of life. */
  async function firstOf(news: Promise<void>, ended: AbortSignal): Promise<'news' | 'quiet'> {
    const over = new AbortController()
    const quiet = clock.sleep(heartbeatMs, AbortSignal.any([over.signal, ended])).then(
      () => 'quiet' as const,
      () => 'news' as const,
    )
    try {
      return await Promise.race([news.then(() => 'news' as const), quiet])
    } finally {
      over.abort()
    }
  }

  return new OpenAPIHono<ApiEnv>().openapi(follow, async (c) => {
    if (open >= mostStreams)
      throw new AppError('rate_limited', 'Too many streams are open here.', { retryAfterSeconds: 30 })
    const { id: projectId } = c.var.project
    const lastId = c.req.valid('header')['last-event-id']
    // Looked up before the answer begins: what happens from here on is told, and a cursor that is none is a 400.
    const { nextCursor } = await webhooks.feed(projectId, { cursor: lastId || 'latest', limit: 1 })
    const ended = AbortSignal.any([stopping, c.req.raw.signal])
    const told = events({
      projectId,
      cursor: lastId || nextCursor,
      ended,
      isWelcome: () => isStillWelcome(c, dependencies),
    })
    return c.body(bytesOf(told), 200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    }) as never
  })
}

const message = ({ id, type, timestamp, data }: FeedEvent, cursor: string | undefined): string => {
  const { id: connectedAccountId } = (data.connectedAccount ?? {}) as { id?: string }
  const body = JSON.stringify({ id, type, timestamp, data: { connectedAccountId, ...data } })
  return `${cursor === undefined ? '' : `id: ${cursor}\n`}data: ${body}\n\n`
}

/** One piece for each piece asked for: a slow reader slows the reading of events, and nothing piles up. */
function bytesOf(pieces: AsyncGenerator<string, void, undefined>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      async cancel() {
        await pieces.return()
      },
    },
    { highWaterMark: 0 },
  )
}
