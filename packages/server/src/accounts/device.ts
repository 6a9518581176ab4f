import { newToken, sha256 } from '../ids.ts'
import { authorizeDevice, pollDevice } from '../oauth/index.ts'
import type { DevicePoll } from '../oauth/types.ts'
import { Secret } from '../secret.ts'
import type { ConnectionRequestRow } from '../store/index.ts'
import { tokensGranted } from './browser-grants.ts'
import type { Context } from './context.ts'
import { cookieName, ended, holdsCookie, notBegun, openRequest, refusedBy, useGrant } from './flow.ts'
import { oauthProviderFor } from './providers.ts'
import { failConnection, openParams, openVerifier, sealVerifier } from './requests.ts'
import type { ConnectFlow, DeviceCode } from './types.ts'

/** How long a process may take to ask and to store; longer than the app's answer is waited for. */
const claimMs = 60_000
const maxPolls = 20

/** Sealed with the request while the person types. */
interface Codes extends DeviceCode {
  deviceCode: string
}

/** The way by a code that the person types on any device (RFC 8628): nothing comes back to this browser, so the app is asked. */
export function createDeviceFlow(context: Context): Pick<ConnectFlow, 'authorizeDevice' | 'deviceCode'> {
  const { store, clock } = context

  return {
    async authorizeDevice(token) {
      const request = await openRequest(context, token)
      const integration = await context.integrations.get(request.project_id, request.integration_id)
      if (!offersDeviceCode(integration.scheme, request)) throw ended()
      const provider = await oauthProviderFor(context, integration, await openParams(context, request))
      const scopes = request.scopes === null ? [] : (JSON.parse(request.scopes) as string[])
      const answer = await authorizeDevice(provider, scopes).catch((error) => notBegun(context, request, error))
      const now = clock.now().getTime()
      const codes: Codes = {
        deviceCode: answer.deviceCode.reveal(),
        userCode: answer.userCode,
        verificationUri: answer.verificationUri,
        verificationUriComplete: answer.verificationUriComplete,
        intervalSeconds: answer.intervalSeconds,
      }
      const cookie = newToken()
      const bound = await store.requests.authorizeDevice(request.id, now, {
        cookie_hash: sha256(cookie),
        code_verifier: await sealVerifier(context, request, JSON.stringify(codes)),
        expires_at: now + answer.expiresInSeconds * 1000,
        poll_after: now + answer.intervalSeconds * 1000,
        poll_interval_seconds: answer.intervalSeconds,
      })
      if (!bound) throw ended()
      const name = cookieName(context.baseUrl, request.id)
      return { cookie: { name, value: cookie, maxAgeSeconds: answer.expiresInSeconds } }
    },

    async deviceCode(token, cookies) {
      const request = await store.requests.findByToken(sha256(token))
      if (!request || !holdsCookie(context, request, cookies)) return null
      // While the tokens are stored the code stands there still; a click on the other way ends it.
      if (request.poll_interval_seconds === null || request.code_verifier === null) return 'over'
      const { deviceCode: _, ...shown } = await openCodes(context, request, request.code_verifier)
      return shown
    },
  }
}

/** Where the developer wants to confirm who came back, somebody has to come back. */
export const offersDeviceCode = (
  scheme: { scheme: string; deviceAuthorizationEndpoint?: string | undefined },
  request: Pick<ConnectionRequestRow, 'verify_user'>,
): boolean =>
  scheme.scheme === 'OAUTH2' && scheme.deviceAuthorizationEndpoint !== undefined && request.verify_user === 0

/** Asks apps whether people have typed their codes. @returns How many were asked about. */
export async function pollDevices(context: Context): Promise<number> {
  const now = context.clock.now().getTime()
  const claimed = await context.store.requests.claimPolls(now, now + claimMs, maxPolls)
  await Promise.all(claimed.map((request) => poll(context, request, now + claimMs)))
  return claimed.length
}

async function poll(context: Context, request: ConnectionRequestRow, claim: number): Promise<void> {
  const { store, clock } = context
  if (request.code_verifier === null) return
  const integration = await context.integrations.get(request.project_id, request.integration_id)
  const params = await openParams(context, request)
  const provider = await oauthProviderFor(context, integration, params)
  const codes = await openCodes(context, request, request.code_verifier)
  const intervalSeconds = request.poll_interval_seconds ?? codes.intervalSeconds
  const refuse = (outcome: { code: Parameters<typeof failConnection>[2]; detail?: string | undefined }) =>
    failConnection(context, request, outcome.code, outcome.detail)

  let result: DevicePoll
  try {
    result = await pollDevice(provider, { deviceCode: new Secret(codes.deviceCode), intervalSeconds })
  } catch (error) {
    await refuse(refusedBy(error))
    return
  }
  if (result.kind === 'denied' || result.kind === 'expired') {
    await refuse({ code: result.kind === 'denied' ? 'access_denied' : 'link_expired' })
    return
  }
  if (result.kind === 'pending') {
    const seconds = result.intervalSeconds
    const next = { poll_after: clock.now().getTime() + seconds * 1000, poll_interval_seconds: seconds }
    await store.requests.pollAgain(request.id, claim, next)
    return
  }
  const granted = tokensGranted(context, provider, result.answer)
  const taken = await store.requests.takePolled(request.id, claim)
  if (!taken) {
    const { project_id, account_id: id, integration_id } = request
    await granted.abandon({ id, project_id, integration_id, app_key: provider.app.key })
    return
  }
  const outcome = await useGrant(context, taken, params, granted).catch(refusedBy)
  if (outcome.kind === 'refused') await refuse(outcome)
}

const openCodes = async (context: Context, request: ConnectionRequestRow, sealed: Uint8Array): Promise<Codes> =>
  JSON.parse(await openVerifier(context, { ...request, code_verifier: sealed })) as Codes
