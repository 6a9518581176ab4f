import { randomBytes, randomInt } from 'node:crypto'
import type { AppDefinition, OAuth2Scheme } from '@holdfast/catalog'
import { devicePath } from './address.ts'
import { type Decision, pendingLifetimeMs, readFlags, readScopes, refusal, Unacceptable } from './authorization.ts'
import { authenticateClient } from './client-authentication.ts'
import { hashOf } from './grants.ts'
import { OAuthError } from './oauth-error.ts'
import { consentPage, devicePage, htmlPage, saidPage } from './pages.ts'
import { findPerson } from './people.ts'
import { errorAnswer } from './token-answer.ts'
import { readTokenRequest } from './token-request.ts'
import type { SimulatorOptions } from './types.ts'

/** A device code (RFC 8628 §3.2) until it is exchanged. */
export interface DeviceRequest {
  projectId: string
  appKey: string
  clientId: string
  scopes: string[]
  values: Record<string, string>
  expiresAt: number
  /** No sooner than this may be asked; sooner is `slow_down`. */
  askAgainAt: number
  intervalSeconds: number
  decision: { personId: string; scopes: string[] } | 'denied' | null
}

export const deviceGrantType = 'urn:ietf:params:oauth:grant-type:device_code'
const deviceKind = 'device'
const userCodeKind = 'device-user-code'
/** Marks the handles of consent pages that belong here. */
const handlePrefix = 'dev-'
const pendingKind = 'device-pending'
const intervalSeconds = 5

export const isDeviceHandle = (handle: string | null): boolean => handle?.startsWith(handlePrefix) ?? false

/** RFC 8628 §3.1 and §3.2. */
export async function handleDeviceAuthorization(
  options: SimulatorOptions,
  projectId: string,
  app: AppDefinition,
  scheme: OAuth2Scheme,
  values: Record<string, string>,
  request: Request,
): Promise<Response> {
  const authorization = request.headers.get('authorization')
  try {
    const body = await readTokenRequest(request, [scheme.tokenRequestFormat], ['POST'])
    const clientId = authenticateClient(scheme, authorization, body, options.readyClient)
    const now = options.clock.now().getTime()
    const expiresAt = now + pendingLifetimeMs
    const deviceCode = `sim-device-${randomBytes(24).toString('base64url')}`
    const userCode = newUserCode()
    const stored: DeviceRequest = {
      projectId,
      appKey: app.key,
      clientId,
      scopes: readScopes(scheme, body.scope ?? ''),
      values,
      expiresAt,
      askAgainAt: now + intervalSeconds * 1000,
      intervalSeconds,
      decision: null,
    }
    const end = new Date(expiresAt)
    await options.records.put(deviceKind, hashOf(deviceCode), JSON.stringify(stored), end)
    await options.records.put(userCodeKind, userCode, hashOf(deviceCode), end)
    const page = `${options.baseUrl}${devicePath}`
    return Response.json(
      {
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: page,
        verification_uri_complete: `${page}?user_code=${userCode}`,
        expires_in: pendingLifetimeMs / 1000,
        interval: intervalSeconds,
      },
      { headers: { 'cache-control': 'no-store' } },
    )
  } catch (error) {
    if (error instanceof OAuthError) return errorAnswer(app, error, false, authorization !== null)
    if (error instanceof Unacceptable)
      return errorAnswer(app, new OAuthError(error.error, error.message), false, authorization !== null)
    throw error
  }
}

/** The page at which the code is typed, then the consent page; or the decision at once when the address carries the flag. */
export async function handleDevicePage(options: SimulatorOptions, query: URLSearchParams): Promise<Response> {
  const typed = query.get('user_code')
  if (typed === null) return htmlPage(options.baseUrl, devicePage({ unknown: false }), 200)
  const found = await findByUserCode(options, typed)
  const app = found && (await options.findApp(found.device.projectId, found.device.appKey))
  const scheme = app?.authSchemes.find((each) => each.scheme === 'OAUTH2')
  if (!found || !app || !scheme) return htmlPage(options.baseUrl, devicePage({ unknown: true }), 400)
  try {
    const decision = readFlags(found.device, query)
    if (decision) return await decide(options, found.hash, decision)
    const handle = `${handlePrefix}${randomBytes(32).toString('base64url')}`
    await options.records.put(pendingKind, hashOf(handle), found.hash, new Date(found.device.expiresAt))
    const { clientId, scopes } = found.device
    return await htmlPage(options.baseUrl, consentPage({ app, scheme, clientId, scopes, handle }), 200)
  } catch (error) {
    if (error instanceof Unacceptable) return refusal(options, app.name, error)
    throw error
  }
}

/** The form of the consent page. */
export async function decideDevice(options: SimulatorOptions, form: URLSearchParams): Promise<Response> {
  const choice = form.get('decision')
  const person = findPerson(form.get('person') ?? '')
  const hash = await options.records.take(pendingKind, hashOf(form.get('request') ?? ''))
  if ((choice !== 'approve' && choice !== 'deny') || !person || hash === undefined)
    return refusal(options, 'app', new Unacceptable('expired', 'This request was answered before, or it is too old.'))
  const scopes = form.getAll('scope')
  return decide(options, hash, choice === 'approve' ? { approved: true, person, scopes } : { approved: false })
}

/**
 * What has become of a device code, asked by the token endpoint. An answer that gives tokens uses the code up.
 * @throws {OAuthError} The errors of RFC 8628 §3.5.
 */
export async function takeDeviceGrant(
  options: SimulatorOptions,
  call: { projectId: string; appKey: string; clientId: string | undefined; deviceCode: string | undefined },
): Promise<Omit<DeviceRequest, 'decision'> & { decision: { personId: string; scopes: string[] } }> {
  const hash = hashOf(call.deviceCode ?? '')
  const text = await options.records.get(deviceKind, hash)
  const device = text === undefined ? undefined : (JSON.parse(text) as DeviceRequest)
  const now = options.clock.now().getTime()
  if (text === undefined || !device) throw new OAuthError('expired_token', 'the device code is unknown or has expired')
  if (device.projectId !== call.projectId || device.appKey !== call.appKey || device.clientId !== call.clientId)
    throw new OAuthError('invalid_grant', 'the device code was issued to another client')
  const tooSoon = now < device.askAgainAt
  const seconds = device.intervalSeconds + (tooSoon ? 5 : 0)
  if (tooSoon || device.decision === null) {
    const next = { ...device, intervalSeconds: seconds, askAgainAt: now + seconds * 1000 }
    await options.records.replace(deviceKind, hash, text, JSON.stringify(next))
    throw tooSoon
      ? new OAuthError('slow_down', `ask every ${seconds} seconds`)
      : new OAuthError('authorization_pending', 'the person has not decided yet')
  }
  if ((await options.records.take(deviceKind, hash)) === undefined)
    throw new OAuthError('invalid_grant', 'the device code was used')
  if (device.decision === 'denied') throw new OAuthError('access_denied', 'the person denied the request')
  return { ...device, decision: device.decision }
}

async function decide(options: SimulatorOptions, hash: string, decision: Decision): Promise<Response> {
  const text = await options.records.get(deviceKind, hash)
  const device = text === undefined ? undefined : (JSON.parse(text) as DeviceRequest)
  if (text === undefined || !device || device.decision !== null)
    return refusal(options, 'app', new Unacceptable('expired', 'This request was answered before, or it is too old.'))
  const decided: DeviceRequest = {
    ...device,
    decision: decision.approved
      ? {
          personId: decision.person.id,
          scopes: device.scopes.filter((scope) => decision.scopes.includes(scope)),
        }
      : 'denied',
  }
  await options.records.replace(deviceKind, hash, text, JSON.stringify(decided))
  return htmlPage(options.baseUrl, saidPage(decision.approved), 200)
}

async function findByUserCode(
  options: SimulatorOptions,
  typed: string,
): Promise<{ hash: string; device: DeviceRequest } | undefined> {
  const letters = typed.toUpperCase().replace(/[^A-Z]/g, '')
  const hash = await options.records.get(userCodeKind, `${letters.slice(0, 4)}-${letters.slice(4)}`)
  const text = hash === undefined ? undefined : await options.records.get(deviceKind, hash)
  return hash === undefined || text === undefined ? undefined : { hash, device: JSON.parse(text) as DeviceRequest }
}

/** RFC 8628 §6.1: consonants, so that no code is a word. */
const newUserCode = (): string => {
  const letters = Array.from({ length: 8 }, () => 'BCDFGHJKLMNPQRSTVWXZ'[randomInt(20)]).join('')
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}
