import { readFileSync } from 'node:fs'
import { assetsPath, consentPath, devicePath, localPath, parseAddress, simulatedUrl } from './address.ts'
import { handleApiCall } from './api.ts'
import { handleAuthorizationRequest, handleDecision } from './authorization.ts'
import { decideDevice, handleDeviceAuthorization, handleDevicePage, isDeviceHandle } from './device.ts'
import { createGrants } from './grants.ts'
import { handleMachineCall, machineRoute } from './machine.ts'
import { decideOAuth1, handleOAuth1, isOAuth1Handle, oauth1Route } from './oauth1.ts'
import { avatarSvg, people } from './people.ts'
import { handleRevocation } from './revocation.ts'
import { handleRevocationCall } from './revocation-call.ts'
import { oauthRoute, revocationRoute } from './routes.ts'
import { applyScript } from './script.ts'
import { handleTokenRequest } from './token-endpoint.ts'
import type { Simulator, SimulatorOptions } from './types.ts'

export function createSimulator(options: SimulatorOptions): Simulator {
  const assets = loadAssets()
  const grants = createGrants(options.records)

  return {
    async fetch(request) {
      const path = localPath(options.baseUrl, new URL(request.url))
      if (path.startsWith(assetsPath)) return assets.get(path.slice(assetsPath.length))?.() ?? notFound()
      if (path === consentPath) return request.method === 'POST' ? decide(options, request) : notAllowed('POST')
      if (path === devicePath) return handleDevicePage(options, new URL(request.url).searchParams)
      return playProvider(options, path, request)
    },
    resolve: (projectId, appKey, url) => simulatedUrl(options.baseUrl, projectId, appKey, url),
    script: (token, script) => applyScript(grants, options.clock.now(), token, script),
  }
}

/** Finds out which of the app's calls this is. OAuth endpoints come before the API, which may hold their paths too. */
async function playProvider(options: SimulatorOptions, path: string, request: Request): Promise<Response> {
  const address = parseAddress(path)
  const app = address && (await options.findApp(address.projectId, address.appKey))
  if (!address || !app) return notFound()
  const { projectId } = address
  const revocation = revocationRoute(app, address, request.method)
  if (revocation) return handleRevocationCall(options, projectId, app, revocation, request)
  const signed = oauth1Route(app, address)
  if (signed) return handleOAuth1(options, app, address, signed, request)
  const machine = await machineRoute(app, address, request)
  if (machine) return handleMachineCall(options, app, projectId, machine, request)
  const route = oauthRoute(app, address)
  if (!route) return (await handleApiCall(options, app, address, request)) ?? notFound()

  const { scheme, endpoints } = route
  const query = new URL(request.url).searchParams
  // Where both stand at one address, the one way asks with response_type.
  const asksForTokens = endpoints.token !== undefined && !query.has('response_type')
  if (endpoints.authorization && request.method === 'GET' && !asksForTokens)
    return handleAuthorizationRequest(options, projectId, app, scheme, endpoints.authorization, query)
  if (endpoints.device) return handleDeviceAuthorization(options, projectId, app, scheme, endpoints.device, request)
  if (endpoints.token || endpoints.refresh || endpoints.exchange)
    return handleTokenRequest(options, projectId, app, route, request)
  if (endpoints.revocation) return handleRevocation(options, projectId, app, scheme, request)
  return notAllowed('GET')
}

async function decide(options: SimulatorOptions, request: Request): Promise<Response> {
  const form = new URLSearchParams(await request.text())
  if (isDeviceHandle(form.get('request'))) return decideDevice(options, form)
  return isOAuth1Handle(form.get('request')) ? decideOAuth1(options, form) : handleDecision(options, form)
}

function loadAssets(): ReadonlyMap<string, () => Response> {
  const style = readFileSync(new URL('./assets/style.css', import.meta.url), 'utf8')
  return new Map([
    ['style.css', asset(style, 'text/css; charset=utf-8')],
    ...people.map((person) => [person.avatarFile, asset(avatarSvg(person), 'image/svg+xml')] as const),
  ])
}

const asset = (text: string, type: string) => () =>
  new Response(text, {
    headers: {
      'content-type': type,
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=3600',
    },
  })

const notFound = (): Response =>
  Response.json(
    {
      simulated: true,
      error: 'not_found',
      message: 'The simulator knows no such app, or the app has no such address.',
    },
    { status: 404, headers: { 'cache-control': 'no-store' } },
  )

const notAllowed = (allow: string): Response =>
  Response.json(
    { simulated: true, error: 'method_not_allowed', message: `This address wants ${allow}.` },
    { status: 405, headers: { allow, 'cache-control': 'no-store' } },
  )
