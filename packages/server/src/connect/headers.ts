import type { MiddlewareHandler } from 'hono'

/**
 * Content-Security-Policy of a page.
 *
 * A page without a form may send none. A page with one has no `form-action`, on purpose: browsers hold that directive
 * against every redirect after the submission (CSP 3 §6.4.1, tried in Chromium), and those lead through the app's own
 * sign-in hosts and, when the app approves silently, on to the project's return URL. No list can name them beforehand,
 * and `'self'` would stop every connection. What the directive guards against, a form smuggled into the page, needs
 * markup injection, which the escaping templates prevent; a POST from elsewhere is refused in `own-request.ts`.
 *
 * @param embedOrigins Whose pages may show it in a frame: those that the project named, else none.
 */
export function contentSecurityPolicy({ hasForm }: { hasForm: boolean }, embedOrigins: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    ...(hasForm ? [] : ["form-action 'none'"]),
    `frame-ancestors ${embedOrigins.length === 0 ? "'none'" : embedOrigins.join(' ')}`,
    "base-uri 'none'",
  ].join('; ')
}

/**
 * Referrer-Policy of a page. With `no-referrer` browsers send `Origin: null` even on a form's POST to the page itself
 * (Fetch standard, `Origin` header), which no check could tell from a foreign one; `same-origin` tells us, and nobody else, where it came from.
 */
export const referrerPolicy = ({ hasForm }: { hasForm: boolean }) => (hasForm ? 'same-origin' : 'no-referrer')

/** What every answer of these routes carries, redirects and assets included, unless the route said otherwise. */
export const answerHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  const defaults = {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'x-robots-tag': 'noindex, nofollow',
    // It knows no list: where a project named pages that may frame this one, only the policy speaks.
    ...(!/frame-ancestors http/.test(c.res.headers.get('content-security-policy') ?? '') && {
      'x-frame-options': 'DENY',
    }),
  }
  for (const [name, value] of Object.entries(defaults)) if (!c.res.headers.has(name)) c.res.headers.set(name, value)
}
