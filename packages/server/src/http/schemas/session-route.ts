import { createRoute } from '@hono/zod-openapi'

/** A route for signed-in operators only; keys do not open it. */
export const sessionRoute: typeof createRoute = (route) => createRoute({ security: [{ session: [] }], ...route })
