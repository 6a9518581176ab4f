/**
 * The pages a person sees while connecting: the connect page with its click, the app picker and form of a connect
 * link, the callback that the app returns to, and what is said when something has ended or gone wrong. Plain HTML that
 * works without JavaScript. It decides nothing: every change is a verb of `ConnectFlow`, and reading a page has no effect.
 */
import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { getCookie, setCookie } from 'hono/cookie'
import type { ConnectFlow, ConnectionView, LinkOption, LinkView } from '../accounts/types.ts'
import { type Clock, systemClock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { BrandingService } from '../projects/types.ts'
import { type AssetName, assetRoutes, loadAssets } from './assets.ts'
import { type Brand, brandOf, noBrand } from './brand.ts'
import { codePage } from './code-page.ts'
import { connectPage } from './connect-page.ts'
import { answerHeaders, contentSecurityPolicy, referrerPolicy } from './headers.ts'
import type { Drawing, Page } from './html.ts'
import { formPage, inputName } from './link-pages.ts'
import type { ProblemKind } from './messages.ts'
import { connectedPage, isSafeTarget, type ProblemDetails, problemPage, resubmitPage } from './outcome-pages.ts'
import { isOwnRequest, isPrefetch } from './own-request.ts'
import { pickPage, searchOf } from './pick-page.ts'
import { keepPreferences, preferencesOf } from './preferences.ts'
import { problemAfterCallback, problemOf, problemOfState } from './problems.ts'

export interface ConnectRoutesOptions {
  flow: ConnectFlow
  /** The public address of this server. Cookies are Secure when it is https. */
  baseUrl: string
  /** SVG text of an app's logo; without one a monogram is drawn. */
  logo: (appKey: string) => string | undefined
  /** How the pages of a project look; without it all look like ours. */
  branding?: Pick<BrandingService, 'get' | 'logo'>
  clock?: Pick<Clock, 'now'>
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
  branding,
  clock = systemClock,
  requestId = () => randomUUID(),
  onError = () => {},
}: ConnectRoutesOptions): Hono {
  const base = new URL(baseUrl)
  const isSecure = base.protocol === 'https:'
  const prefix = base.pathname.replace(/\/$/, '')
  const assets = loadAssets()
  const references = new WeakMap<Request, string>()
  const brands = new WeakMap<Request, Brand>()
  const routes = new Hono()

  for (const path of ['/connect/*', '/oauth/callback/*']) {
    routes.use(path, answerHeaders)
    routes.use(path, compress())
    routes.use(path, bodyLimit({ maxSize: maxBodyBytes, onError: (c) => showProblem(c, 'too_large') }))
  }
  routes.route('/', assetRoutes(assets, logo, branding))

  routes.get('/connect/:token', async (c) => {
    const view = await viewRequest(c, c.req.param('token'))
    return view === null ? showProblem(c, 'unknown_link') : showRequest(c, view)
  })

  // For whoever waits for the person: the page on another device, and the SDK's `connect()` from the project's own origin.
  routes.get('/connect/:token/status', (c) => showStatus(c, 'request', c.req.param('token')))
  routes.get('/connect/links/:token/status', (c) => showStatus(c, 'link', c.req.param('token')))

  // Looked at again and again until the person has typed the code elsewhere: the page asks the browser to, script or none.
  routes.get('/connect/:token/code', async (c) => {
    const token = c.req.param('token')
    const view = await viewRequest(c, token)
    const code = view && (await flow.deviceCode(token, getCookie(c)))
    if (!view) return showProblem(c, 'unknown_link')
    // Whoever else has the address learns neither the code nor what became of it.
    if (code === null) return showProblem(c, 'wrong_browser')
    if (code !== 'over' && (isOpen(view) || view.state === 'used')) return show(c, codePage(drawingFor(c), view, code))
    if (isOpen(view)) return showRequest(c, view)
    if (view.state === 'connected') return showConnected(c, view)
    return leave(c, view, () => showProblem(c, problemOfState(view), { view }))
  })

  routes.post('/connect/again', async (c) => {
    if (!isFromOurPage(c)) return showProblem(c, 'foreign_request')
    const state = (await formOf(c)).get('state') ?? ''
    const begun = await flow.retry({ state, cookies: getCookie(c) })
    const token = begun && requestTokenOf(begun.redirectUrl)
    return token === undefined || token === null
      ? showProblem(c, 'unknown_link')
      : c.redirect(`${prefix}/connect/${token}`, 303)
  })

  routes.post('/connect/:token', async (c) => {
    if (!isFromOurPage(c)) return showProblem(c, 'foreign_request', { again: { href: '', label: 'openAgain' } })
    const token = c.req.param('token')
    const form = await formOf(c)
    const decision = form.get('decision')
    try {
      if (decision === 'continue') return await sendToApp(c, token, { optionalScopes: optionalScopesOf(form) })
      if (decision === 'code') return await beginCode(c, token)
      if (decision === 'decline')
        return leave(c, await branded(c, await flow.decline(token)), (view) => showProblem(c, 'cancelled', { view }))
      // Whoever it is need not go where the other one was to return: the page says what to do instead.
      if (decision === 'not_me') return showProblem(c, 'not_you', { view: await branded(c, await flow.decline(token)) })
    } catch (error) {
      // Ended meanwhile, in another tab or by time: the page for that state says more than the conflict does.
      const view = error instanceof AppError && error.code === 'conflict' ? await viewRequest(c, token) : null
      if (view === null || isOpen(view)) throw error
      return showRequest(c, view)
    }
    const view = await viewRequest(c, token)
    return view === null ? showProblem(c, 'unknown_link') : showRequest(c, view, 400)
  })

  routes.get('/connect/links/:token', async (c) => {
    const view = await viewLink(c, c.req.param('token'))
    if (view === null) return showProblem(c, 'unknown_link')
    if (view.state !== 'ready') return showEndedLink(c, view)
    if (c.req.query('not_me') !== undefined) return showProblem(c, 'not_you', { view: { ...view, returnUrl: null } })
    const option = chosenOption(c, view)
    if (option === 'none')
      return show(
        c,
        pickPage(
          drawingFor(c),
          view,
          searchOf((name) => c.req.query(name)),
        ),
      )
    return option ? show(c, formPage(drawingFor(c), view, option, addressOf(c))) : showUnknownOption(c, view)
  })

  routes.post('/connect/links/:token', async (c) => {
    if (!isFromOurPage(c)) return showProblem(c, 'foreign_request', { again: { href: '', label: 'openAgain' } })
    const token = c.req.param('token')
    const view = await viewLink(c, token)
    if (view === null) return showProblem(c, 'unknown_link')
    if (view.state !== 'ready') return showEndedLink(c, view)
    const option = chosenOption(c, view)
    if (option === 'none' || !option) return showUnknownOption(c, view)

    const values = typedValues(option, await formOf(c))
    try {
      const result = await flow.submitLink(token, { integrationId: option.integrationId, data: trimmed(values) })
      if ('connected' in result) return showConnected(c, await branded(c, result.connected))
      if ('parked' in result) return c.redirect(result.parked.returnUrl, 303)
      // The form named project, app and scopes and was submitted by a click, as the connect page asks; it is not asked twice.
      const begun = requestTokenOf(result.redirectUrl)
      return begun === undefined ? c.redirect(result.redirectUrl, 303) : await sendToApp(c, begun, { linkToken: token })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code === 'validation_failed' || error.code === 'credential_refused') {
        const errors = error.fields.length > 0 ? error.fields : [{ property: '', message: error.message }]
        const attempt = { values, errors, refused: error.code === 'credential_refused' }
        return show(c, formPage(drawingFor(c), view, option, addressOf(c), attempt))
      }
      const latest = error.code === 'conflict' ? await viewLink(c, token) : null
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

  async function viewRequest(c: Context, token: string): Promise<ConnectionView | null> {
    const view = await flow.viewRequest(token)
    return view && branded(c, view)
  }

  async function viewLink(c: Context, token: string): Promise<LinkView | null> {
    const view = await flow.viewLink(token)
    return view && branded(c, view)
  }

  /** The view under the name that the project gives its pages, and the pages of this request in the project's look. */
  async function branded<View extends Pick<ConnectionView, 'projectId' | 'projectName'>>(
    c: Context,
    view: View,
  ): Promise<View> {
    if (!branding) return view
    const look = await branding.get(view.projectId)
    brands.set(c.req.raw, brandOf(look, view.projectId, `${prefix}/connect/assets`))
    return look.name === null ? view : { ...view, projectName: look.name }
  }

  /** @param choice `linkToken` of the link it began with: remembered in this browser, to begin there again. */
  async function sendToApp(
    c: Context,
    token: string,
    { linkToken, optionalScopes }: { linkToken?: string; optionalScopes?: readonly string[] | undefined },
  ): Promise<Response> {
    keepPreferences(c, isSecure)
    const { url, cookie } = await flow.authorize(token, optionalScopes && { optionalScopes })
    const options = {
      maxAge: cookie.maxAgeSeconds,
      path: '/',
      httpOnly: true,
      secure: isSecure,
      sameSite: 'Lax',
    } as const
    setCookie(c, cookie.name, cookie.value, options)
    const view = linkToken === undefined ? null : await flow.viewRequest(token)
    if (linkToken !== undefined && view) setCookie(c, linkCookie(view), linkToken, options)
    return c.redirect(url, 303)
  }

  async function beginCode(c: Context, token: string): Promise<Response> {
    keepPreferences(c, isSecure)
    const { cookie } = await flow.authorizeDevice(token)
    setCookie(c, cookie.name, cookie.value, {
      maxAge: cookie.maxAgeSeconds,
      path: '/',
      httpOnly: true,
      secure: isSecure,
      sameSite: 'Lax',
    })
    return c.redirect(`${prefix}/connect/${token}/code`, 303)
  }

  async function finish(c: Context, integrationId: string, params: URLSearchParams): Promise<Response> {
    const outcome = await flow.callback({ integrationId, params, cookies: getCookie(c) })
    if (outcome.kind === 'parked') return c.redirect(outcome.returnUrl, 303)
    const view = outcome.view && (await branded(c, outcome.view))
    if (outcome.kind === 'connected' && view) return showConnected(c, view)
    const problem = outcome.kind === 'failed' ? outcome.problem : 'failed'
    // The one who sits at the wrong browser need not be the one who began: explain here, and name nobody.
    if (view === null || problem === 'wrong_browser') return showProblem(c, problem)
    return leave(c, view, () => {
      const kind = problemAfterCallback(problem, view)
      const state = params.get('state')
      const link = linkOf(c, view)
      const label = kind === 'wrong_account' ? 'switchAccount' : 'tryAgain'
      if (!canBeginAgain.includes(kind) || view.state !== 'failed') return showProblem(c, kind, { view })
      if (link !== undefined) return showProblem(c, kind, { view, again: { href: link, label } })
      return showProblem(c, kind, { view, ...(state && { retry: { action: `${prefix}/connect/again`, state } }) })
    })
  }

  function showConnected(c: Context, view: ConnectionView): Promise<Response> {
    const again = linkOf(c, view)
    const stays = brandFor(c).showAccount && view.returnUrl !== null && isSafeTarget(view.returnUrl)
    if (stays) return show(c, connectedPage(drawingFor(c), view, { returnUrl: view.returnUrl, again }))
    return leave(c, view, (connected) => show(c, connectedPage(drawingFor(c), connected, { again })))
  }

  /** The link that a request began with, when it was in this browser. */
  function linkOf(c: Context, view: ConnectionView): string | undefined {
    const token = getCookie(c, linkCookie(view))
    return token !== undefined && /^[\w-]{1,200}$/.test(token) ? `${prefix}/connect/links/${token}` : undefined
  }

  async function showStatus(c: Context, of: 'request' | 'link', token: string): Promise<Response> {
    c.header('access-control-allow-origin', '*')
    c.header('cross-origin-resource-policy', 'cross-origin')
    const status = await flow.pageStatus(of, token)
    return status ? c.json(status) : c.json({ status: 'unknown', connectedAccountId: null }, 404)
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
    const page = connectPage(drawingFor(c), view, addressOf(c))
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
    { view, again, retry }: { view?: ConnectionView | LinkView } & Pick<ProblemDetails, 'again' | 'retry'> = {},
  ) {
    const reference = view?.reference ?? referenceOf(c)
    return show(c, problemPage(drawingFor(c), kind, { view, again, retry, reference }))
  }

  async function show(c: Context, page: Page): Promise<Response> {
    c.header('content-security-policy', contentSecurityPolicy(page, brandFor(c).embedOrigins))
    if (page.leavesTo !== undefined) c.header('refresh', `${leavesAfterSeconds}; url=${page.leavesTo}`)
    if (page.againAfterSeconds !== undefined) c.header('refresh', String(page.againAfterSeconds))
    c.header('referrer-policy', referrerPolicy(page))
    c.header('content-language', drawingFor(c).messages.lang)
    c.header('vary', 'accept-language, cookie')
    keepPreferences(c, isSecure)
    return c.html(page.document, page.status)
  }

  function drawingFor(c: Context): Drawing {
    return {
      ...preferencesOf(c),
      brand: brandFor(c),
      now: clock.now(),
      host: base.host,
      asset: (name: AssetName) => `${prefix}/connect/assets/${name}?v=${assets.get(name)?.hash}`,
      logoUrl: (appKey) => (logo(appKey) === undefined ? undefined : `${prefix}/connect/assets/logos/${appKey}.svg`),
    }
  }

  function brandFor(c: Context): Brand {
    return brands.get(c.req.raw) ?? noBrand
  }

  /** Of this page, without what was chosen on it but for the app: for another device. */
  function addressOf(c: Context): string {
    const integration = c.req.query('integration')
    const query = integration === undefined ? '' : `?integration=${encodeURIComponent(integration)}`
    return `${base.origin}${prefix}${c.req.path}${query}`
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

/** How long the page with the connected account stands before the browser goes on. */
const leavesAfterSeconds = 4

/** What a person may want to try once more. */
const canBeginAgain: readonly ProblemKind[] = ['denied', 'wrong_account', 'provider_down', 'failed']

const linkCookie = ({ reference }: ConnectionView) => `hf-link-${reference}`

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

/** Undefined when the page left nothing to choose. */
const optionalScopesOf = (form: URLSearchParams): readonly string[] | undefined =>
  form.has('chosen') ? form.getAll('scope') : undefined

/** Only the fields of the option, by name; an empty optional field was not filled in. */
function typedValues(option: LinkOption, form: URLSearchParams): Record<string, string> {
  const typed = option.fields.map((field) => [field, form.get(inputName(field)) ?? ''] as const)
  return Object.fromEntries(
    typed.filter(([field, value]) => field.required || value !== '').map(([field, value]) => [field.name, value]),
  )
}

/** Blanks around a value come from copying it. */
const trimmed = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]))

/** A link may be opened again; the app's answer may not be delivered again. */
function canBeRepeated(c: Context, kind: ProblemKind): boolean {
  return c.req.path.includes('/connect/') && ['provider_down', 'too_many', 'internal'].includes(kind)
}
