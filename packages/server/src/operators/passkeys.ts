/** WebAuthn Level 3. A passkey that checks its owner stands for password and code together. */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { AppError, invalid } from '../errors.ts'
import { sha256 } from '../ids.ts'
import type { OperatorPasskeyRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { checkName } from './rows.ts'
import { beginSession } from './sessions.ts'
import type { Operators, Passkey, WebAuthnOptions, WebAuthnResponse } from './types.ts'

const challengeMs = 5 * 60_000
const mostPasskeys = 20
/** ES256, EdDSA and RS256 (RFC 9053, RFC 8812): what authenticators in use have. */
const supportedAlgorithmIDs = [-7, -8, -257]

type PasskeyVerbs = Pick<
  Operators,
  'passkeySignInOptions' | 'passkeySignIn' | 'passkeys' | 'passkeyOptions' | 'addPasskey' | 'deletePasskey'
>

type RegistrationResponse = Parameters<typeof verifyRegistrationResponse>[0]['response']
type AuthenticationResponse = Parameters<typeof verifyAuthenticationResponse>[0]['response']

export function createPasskeys(context: Context): PasskeyVerbs {
  const { store, clock, baseUrl, throttle } = context
  const { origin: expectedOrigin, hostname: rpID } = new URL(baseUrl)

  const remember = async (challenge: string, operatorId: string | null) => {
    const expires_at = clock.now().getTime() + challengeMs
    await store.operators.insertChallenge({ hash: sha256(challenge), operator_id: operatorId, expires_at })
  }
  const expected = (operatorId: string | null) => ({
    expectedChallenge: (challenge: string) =>
      store.operators.takeChallenge(sha256(challenge), operatorId, clock.now().getTime()),
    expectedOrigin,
    expectedRPID: rpID,
    requireUserVerification: true,
  })
  const refused = (cause?: unknown) =>
    new AppError('unauthorized', 'This passkey does not open the dashboard, or the attempt took too long.', { cause })

  /** Browsers take no address for the name that a passkey is bound to (WebAuthn Level 3 §5.1.2, effective domain). */
  const requireName = () => {
    if (/^\[|^[\d.]+$/.test(rpID))
      throw new AppError(
        'not_supported',
        'Passkeys need a name: set HOLDFAST_BASE_URL to one (on your own machine http://localhost with the port), and open the dashboard there.',
      )
  }

  return {
    async passkeySignInOptions(visit) {
      requireName()
      await throttle.challenge(visit)
      const options = await generateAuthenticationOptions({ rpID, userVerification: 'required' })
      await remember(options.challenge, null)
      return options as unknown as WebAuthnOptions
    },

    async passkeySignIn(response, visit) {
      const wasRight = await throttle.attempt(undefined, visit)
      const id = typeof response.id === 'string' ? response.id.slice(0, 2000) : ''
      const passkey = await store.operators.findPasskey(id)
      if (!passkey) throw refused()
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        ...expected(null),
        response: response as unknown as AuthenticationResponse,
        credential: {
          id: passkey.id,
          publicKey: new Uint8Array(Buffer.from(passkey.public_key, 'base64url')),
          counter: passkey.counter,
        },
      }).catch((error: unknown) => {
        throw refused(error)
      })
      if (!verified) throw refused()
      const { newCounter: counter } = authenticationInfo
      const session = await store.transaction(async (queries) => {
        const used = { counter, used_at: clock.now().getTime() }
        if (!(await queries.operators.usePasskey(passkey.id, passkey.counter, used))) throw refused()
        const operator = await queries.operators.find(passkey.operator_id)
        if (!operator) throw refused()
        return beginSession(context, queries, operator, visit)
      })
      await wasRight()
      return session
    },

    passkeys: async (operatorId) => (await store.operators.passkeysOf(operatorId)).map(toPasskey),

    async passkeyOptions(operatorId) {
      requireName()
      const operator = await store.operators.find(operatorId)
      if (!operator) throw new AppError('not_found', 'There is no such operator.')
      const known = await store.operators.passkeysOf(operatorId)
      const options = await generateRegistrationOptions({
        rpName: 'Holdfast',
        rpID,
        userName: operator.email,
        userDisplayName: operator.name,
        userID: new TextEncoder().encode(operator.id),
        attestationType: 'none',
        supportedAlgorithmIDs,
        excludeCredentials: known.map(({ id, transports }) => ({ id, transports: JSON.parse(transports) as string[] })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      })
      await remember(options.challenge, operatorId)
      return options as unknown as WebAuthnOptions
    },

    async addPasskey(operatorId, response, name) {
      const called = checkName(name)
      if ((await store.operators.passkeysOf(operatorId)).length >= mostPasskeys)
        throw new AppError('conflict', `There are ${mostPasskeys} passkeys already; delete one you no longer use.`)
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        ...expected(operatorId),
        supportedAlgorithmIDs,
        response: response as unknown as RegistrationResponse,
      }).catch((cause: unknown) => {
        throw new AppError('validation_failed', 'This is not a passkey for the challenge that was given.', { cause })
      })
      if (!verified) throw invalid({ property: 'response', message: 'is not a passkey for this challenge' })
      const { credential } = registrationInfo
      const row: OperatorPasskeyRow = {
        id: credential.id,
        operator_id: operatorId,
        name: called,
        public_key: Buffer.from(credential.publicKey).toString('base64url'),
        counter: credential.counter,
        transports: JSON.stringify(transportsIn(response)),
        created_at: clock.now().getTime(),
        used_at: null,
      }
      if (!(await store.operators.insertPasskey(row)))
        throw new AppError('conflict', 'This passkey is registered already.')
      return toPasskey(row)
    },

    async deletePasskey(operatorId, id) {
      if (!(await store.operators.deletePasskey(operatorId, id)))
        throw new AppError('not_found', 'There is no such passkey of yours.')
    },
  }
}

function transportsIn(response: WebAuthnResponse): string[] {
  const { transports } = (response.response ?? {}) as { transports?: unknown }
  if (!Array.isArray(transports)) return []
  return transports
    .filter((name): name is string => typeof name === 'string' && /^[a-z-]{1,30}$/.test(name))
    .slice(0, 10)
}

const toPasskey = (row: OperatorPasskeyRow): Passkey => ({
  id: row.id,
  name: row.name,
  createdAt: new Date(row.created_at),
  lastUsedAt: row.used_at === null ? null : new Date(row.used_at),
})
