import { renderUrl } from '@holdfast/catalog'
import * as oauth from 'oauth4webapi'
import { Secret } from '../secret.ts'
import { parseBody, textOf } from './body.ts'
import { clientAuthentication } from './client-authentication.ts'
import { cleanerFor, secretsOf } from './provider-text.ts'
import { answerOf, sendable } from './sending.ts'
import { refusal, unusable } from './token-errors.ts'
import { redeemDeviceCode, requestOptions } from './token-requests.ts'
import { type DeviceAuthorization, type DevicePoll, type OAuthProvider, TokenError } from './types.ts'

/** RFC 8628 §3.2: what counts when the answer has no interval. */
const usualIntervalSeconds = 5
/** No server is asked less often, or more often, than this, whatever it says. */
const intervalBounds = [1, 60] as const
const maxLifetimeSeconds = 30 * 60

/**
 * Asks for a code that the person types at the app's own page, on any device.
 *
 * @throws {TokenError}
 * @see RFC 8628 §3.1
 */
export async function authorizeDevice(provider: OAuthProvider, scopes: string[]): Promise<DeviceAuthorization> {
  const { scheme, client } = provider
  const values = { ...provider.values, client_id: client.clientId }
  const { href, origin } = provider.resolve(sendable(() => renderUrl(scheme.deviceAuthorizationEndpoint ?? '', values)))
  const parameters = new URLSearchParams()
  const all = new Set([...scopes, ...scheme.scopes.required])
  if (all.size > 0) parameters.set('scope', [...all].join(scheme.scopeSeparator))
  const answer = await answerOf(() =>
    oauth.deviceAuthorizationRequest(
      { issuer: scheme.issuer ?? origin, device_authorization_endpoint: href },
      { client_id: client.clientId },
      clientAuthentication(provider),
      parameters,
      requestOptions(provider),
    ),
  )
  const clean = cleanerFor(secretsOf(provider))
  const fields = parseBody(answer.text)
  if (answer.status < 200 || answer.status >= 300 || !fields) throw refusal(answer, clean, new Date())
  const [deviceCode, userCode] = [textOf(fields.device_code), textOf(fields.user_code)]
  // Older servers write verification_url.
  const verificationUri = webAddress(textOf(fields.verification_uri) ?? textOf(fields.verification_url))
  if (deviceCode === undefined || userCode === undefined || !/^[\x20-\x7e]{1,100}$/.test(userCode) || !verificationUri)
    throw unusable(answer, 'the answer has no device_code, user_code and verification_uri')
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    verificationUri,
    verificationUriComplete: webAddress(textOf(fields.verification_uri_complete)),
    expiresInSeconds: Math.min(positive(fields.expires_in) ?? maxLifetimeSeconds, maxLifetimeSeconds),
    intervalSeconds: bounded(positive(fields.interval) ?? usualIntervalSeconds),
  }
}

/**
 * Asks once whether the person has agreed.
 *
 * @throws {TokenError} when asking again is of no use.
 * @see RFC 8628 §3.4, §3.5
 */
export async function pollDevice(
  provider: OAuthProvider,
  { deviceCode, intervalSeconds }: Pick<DeviceAuthorization, 'deviceCode' | 'intervalSeconds'>,
): Promise<DevicePoll> {
  try {
    return { kind: 'granted', answer: await redeemDeviceCode(provider, deviceCode) }
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    if (error.oauthError === 'authorization_pending') return { kind: 'pending', intervalSeconds }
    if (error.oauthError === 'slow_down') return { kind: 'pending', intervalSeconds: bounded(intervalSeconds + 5) }
    if (error.oauthError === 'access_denied') return { kind: 'denied' }
    if (error.oauthError === 'expired_token') return { kind: 'expired' }
    // A code whose answer got lost is used up; any other trouble is waited out, ever longer.
    if (error.kind !== 'transient') throw error
    return { kind: 'pending', intervalSeconds: bounded(Math.max(intervalSeconds * 2, error.retryAfterSeconds ?? 0)) }
  }
}

const bounded = (seconds: number) => Math.min(Math.max(Math.ceil(seconds), intervalBounds[0]), intervalBounds[1])

const positive = (value: unknown) => {
  const number = Number(textOf(value))
  return Number.isFinite(number) && number > 0 ? number : undefined
}

/** It ends up in the `href` of a link. */
const webAddress = (text: string | undefined) => {
  const url = text === undefined ? null : URL.parse(text)
  return url && ['https:', 'http:'].includes(url.protocol) && url.username === '' ? url.href : null
}
