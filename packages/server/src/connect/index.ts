/**
 * The pages a person sees while connecting: the connect page with its click, the app picker and form of a connect
 * link, the callback that the app returns to, and what is said when something has ended or gone wrong. Plain HTML that
 * works without JavaScript. It decides nothing: every change is a verb of `ConnectFlow`, and reading a page has no effect.
 */
import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'
import type { ConnectFlow, ConnectionView, LinkOption, LinkView } from '../accounts/types.ts'
import { AppError } from '../errors.ts'
import { type AssetName, assetRoutes, loadAssets } from './assets.ts'
import { connectPage } from './connect-page.ts'
import { answerHeaders, contentSecurityPolicy, referrerPolicy } from './headers.ts'
import type { Drawing, Page } from './html.ts'
import { formPage, inputName, pickPage } from './link-pages.ts'
import type { ProblemKind } from './messages.ts'
import { connectedPage, isSafeTarget, type ProblemDetails, problemPage, resubmitPage } from './outcome-pages.ts'
import { isOwnRequest, isPrefetch } from './own-request.ts'
import { keepPreferences, preferencesOf } from './preferences.ts'
import { problemAfterCallback, problemOf, problemOfState } from './problems.ts'

export interface ConnectRoutesOptions {
  flow: ConnectFlow
  /** The public address of this server. Cookies are Secure when it is https. */
  baseUrl: string
  /** SVG text of an app's logo; without one a monogram is drawn. */
  logo: (appKey: string) => string | undefined
  /** The id under which this request is logged; shown on the pages that have no other reference. */
  requestId?: (c: Context) => string
  /** Told of every error that is not an expected refusal. The path is left out: it holds the link's token. */
  onError?: (error: unknown, context: { requestId: string; method: string }) => void
}

const maxBodyBytes = 64 * 1024

/** Routes below `/connect` and `/oauth/callback`, for mounting at the root. */
export function connectRoutes({
  flow,
  baseUrl,
  logo,
  requestId = () => randomUUID(),
  onError = () => {},
}: ConnectRoutesOptions): Hono {
  const base = new URL(baseUrl)
  const prefix = base.pathname.replace(/\/$/, '')
  const assets = loadAssets()
  const references = new WeakMap<Request, string>()
  const routes = new Hono()

  for (const path of ['/connect/*', '/oauth/callback/*']) {
    routes.use(path, answerHeaders)
    routes.use(path, bodyLimit({ maxSize: maxBodyBytes, onError: (c) => showProblem(c, 'too_large') }))
  }
  routes.route('/', assetRoutes(assets, logo))

  routes.get('/connect/:token', async (c) => {
    const view = await flow.viewRequest(c.req.param('token'))
    return view === null ? showProblem(c, 'unknown_link') : showRequest(c, view)
  })

  routes.post('/connect/:token', async (c) => {
    if (!isFromOurPage(c)) return showProblem(c, 'foreign_request', { again: { href: '', label: 'openAgain' } })
    const token = c.req.param('token')
    const decision = (await formOf(c)).get('decision')
    try {
      if (decision === 'continue') return await sendToApp(c, token)
      if (decision === 'decline')
        return leave(c, await flow.decline(token), (view) => showProblem(c, 'cancelled', { view }))
    } catch (error) {
      // Ended meanwhile, in another tab or by time: the page for that state says more than the conflict does.
      const view = error instanceof AppError && error.code === 'conflict' ? await flow.viewRequest(token) : null
      if (view === null || isOpen(view)) throw error
      return showRequest(c, view)
    }
    const view = await flow.viewRequest(token)
    return view === null ? showProblem(c, 'unknown_link') : showRequest(c, view, 400)
  })

  routes.get('/connect/links/:token', async (c) => {
    const view = await flow.viewLink(c.req.param('token'))
    if (view === null) return showProblem(c, 'unknown_link')
    if (view.state !== 'ready') return showEndedLink(c, view)
    const option = chosenOption(c, view)
    if (option === 'none') return show(c, pickPage(drawingFor(c), view))
    return option ? show(c, formPage(drawingFor(c), view, option)) : showUnknownOption(c, view)
  })

  routes.post('/connect/links/:token', async (c) => {
    if (!isFromOurPage(c)) return showProblem(c, 'foreign_request', { again: { href: '', label: 'openAgain' } })
    const token = c.req.param('token')
    const view = await flow.viewLink(token)
    if (view === null) return showProblem(c, 'unknown_link')
    if (view.state !== 'ready') return showEndedLink(c, view)
    const option = chosenOption(c, view)
    if (option === 'none' || !option) return showUnknownOption(c, view)

    const values = typedValues(option, await formOf(c))
    try {
      const result = await flow.submitLink(token, { integrationId: option.integrationId, data: values })
      if ('connected' in result)
        return leave(c, result.connected, (connected) => show(c, connectedPage(drawingFor(c), connected)))
      if ('parked' in result) return c.redirect(result.parked.returnUrl, 303)
      // The form named project, app and scopes and was submitted by a click, as the connect page asks; it is not asked twice.
      const begun = requestTokenOf(result.redirectUrl)
      return begun === undefined ? c.redirect(result.redirectUrl, 303) : await sendToApp(c, begun)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code === 'validation_failed' || error.code === 'credential_refused') {
        const errors = error.fields.length > 0 ? error.fields : [{ property: '', message: error.message }]
        return show(c, formPage(drawingFor(c), view, option, { values, errors }))
      }
      const latest = error.code === 'conflict' ? await flow.viewLink(token) : null
      if (latest === null || latest.state === 'ready') throw error
      return showEndedLink(c, latest)
    }
  })

  // Only a GET that a person makes may use up the code: HEAD and prefetches are answered without looking.
  routes.get('/oauth/callback/:integrationId', async (c) => {
    if (c.req.method === 'HEAD') return c.body(null, 204)
    if (isPrefetch((name) => c.req.header(name))) return c.body(null, 503)
    return finish(c, c.req.param('integrationId'), new URL(c.req.url).searchParams)
  })

  routes.post('/oauth/callback/:integrationId', async (c) => {
    const params = await formOf(c)
    if (c.req.query('resubmitted') === undefined) return show(c, resubmitPage(drawingFor(c), params, referenceOf(c)))
    return finish(c, c.req.param('integrationId'), params)
  })

  for (const path of ['/connect/*', '/oauth/callback/*']) routes.get(path, (c) => showProblem(c, 'unknown_link'))

  routes.onError((error, c) => {
    const kind = problemOf(error)
    if (kind === 'internal') onError(error, { requestId: referenceOf(c), method: c.req.method })
    if (error instanceof AppError && error.retryAfterSeconds !== undefined)
      c.header('retry-after', String(error.retryAfterSeconds))
    return showProblem(c, kind, canBeRepeated(c, kind) ? { again: { href: '', label: 'tryAgain' } } : {})
  })

  return routes

  async function sendToApp(c: Context, token: string): Promise<Response> {
    keepPreferences(c, base.protocol === 'https:')
    const { url, cookie } = await flow.authorize(token)
    setCookie(c, cookie.name, cookie.value, {
      maxAge: cookie.maxAgeSeconds,
      path: '/',
      httpOnly: true,
      secure: base.protocol === 'https:',
      sameSite: 'Lax',
    })
    return c.redirect(url, 303)
  }

  async function finish(c: Context, integrationId: string, params: URLSearchParams): Promise<Response> {
    const outcome = await flow.callback({ integrationId, params, cookies: getCookie(c) })
    if (outcome.kind === 'parked') return c.redirect(outcome.returnUrl, 303)
    const { view } = outcome
    if (outcome.kind === 'connected')
      return leave(c, outcome.view, (connected) => show(c, connectedPage(drawingFor(c), connected)))
    // The one who sits at the wrong browser need not be the one who began: explain here, and name nobody.
    if (view === null || outcome.problem === 'wrong_browser') return showProblem(c, outcome.problem)
    return leave(c, view, () => showProblem(c, problemAfterCallback(outcome.problem, view), { view }))
  }

  /** Back to the project's own page when there is one and the result is in its address, else a page of ours. */
  async function leave(
    c: Context,
    view: ConnectionView,
    page: (view: ConnectionView) => Promise<Response>,
  ): Promise<Response> {
    const { returnUrl } = view
    return hasResult(view) && returnUrl !== null && isSafeTarget(returnUrl) ? c.redirect(returnUrl, 303) : page(view)
  }

  function showRequest(c: Context, view: ConnectionView, status?: 400): Promise<Response> {
    if (!isOpen(view)) return showProblem(c, problemOfState(view), { view })
    const page = connectPage(drawingFor(c), view)
    return show(c, status ? { ...page, status } : page)
  }

  function showEndedLink(c: Context, view: LinkView) {
    return showProblem(c, view.state === 'expired' ? 'link_expired' : 'link_used', { view })
  }

  function showUnknownOption(c: Context, view: LinkView) {
    return showProblem(c, 'unknown_option', { view, again: { href: '?', label: 'otherApps' } })
  }

  function showProblem(
    c: Context,
    kind: ProblemKind,
    { view, again }: { view?: ConnectionView | LinkView; again?: ProblemDetails['again'] } = {},
  ) {
    const reference = view?.reference ?? referenceOf(c)
    return show(c, problemPage(drawingFor(c), kind, { view, again, reference }))
  }

  async function show(c: Context, page: Page): Promise<Response> {
    c.header('content-security-policy', contentSecurityPolicy(page))
    c.header('referrer-policy', referrerPolicy(page))
    c.header('content-language', drawingFor(c).messages.lang)
    c.header('vary', 'accept-language, cookie')
    keepPreferences(c, base.protocol === 'https:')
    return c.html(page.document, page.status)
  }

  function drawingFor(c: Context): Drawing {
    return {
      ...preferencesOf(c),
      host: base.host,
      asset: (name: AssetName) => `${prefix}/connect/assets/${name}?v=${assets.get(name)?.hash}`,
      logoUrl: (appKey) => (logo(appKey) === undefined ? undefined : `${prefix}/connect/assets/logos/${appKey}.svg`),
    }
  }

  function isFromOurPage(c: Context): boolean {
    return isOwnRequest({ origin: c.req.header('origin'), secFetchSite: c.req.header('sec-fetch-site') }, base.origin)
  }

  function requestTokenOf(url: string): string | undefined {
    const start = `${base.origin}${prefix}/connect/`
    const token = url.startsWith(start) ? url.slice(start.length) : ''
    return /^[^/?#]+$/.test(token) ? decodeURIComponent(token) : undefined
  }

  function referenceOf(c: Context): string {
    const known = references.get(c.req.raw)
    if (known !== undefined) return known
    const reference = requestId(c)
    references.set(c.req.raw, reference)
    return reference
  }
}

const isOpen = ({ state }: ConnectionView) => state === 'ready' || state === 'in_progress'

/** Not yet so while another request of the same browser redeems the code. */
const hasResult = ({ state }: ConnectionView) => state === 'connected' || state === 'failed' || state === 'expired'

/** `none`: nothing was chosen yet. Undefined: something that the link does not offer. */
function chosenOption(c: Context, { options }: LinkView): LinkOption | 'none' | undefined {
  const wanted = c.req.query('integration')
  if (wanted !== undefined && wanted !== '') return options.find((option) => option.integrationId === wanted)
  return options.length === 1 ? options[0] : 'none'
}

async function formOf(c: Context): Promise<URLSearchParams> {
  const isForm = c.req.header('content-type')?.toLowerCase().startsWith('application/x-www-form-urlencoded')
  return new URLSearchParams(isForm ? await c.req.text() : '')
}

/** Only the fields of the option, by name; an empty optional field was not filled in. */
function typedValues(option: LinkOption, form: URLSearchParams): Record<string, string> {
  const typed = option.fields.map((field) => [field, form.get(inputName(field)) ?? ''] as const)
  return Object.fromEntries(
    typed.filter(([field, value]) => field.required || value !== '').map(([field, value]) => [field.name, value]),
  )
}

/** A link may be opened again; the app's answer may not be delivered again. */
function canBeRepeated(c: Context, kind: ProblemKind): boolean {
  return c.req.path.includes('/connect/') && ['provider_down', 'too_many', 'internal'].includes(kind)
}
