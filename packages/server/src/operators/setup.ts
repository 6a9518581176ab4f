import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { newId, sha256 } from '../ids.ts'
import { Secret } from '../secret.ts'
import type { OperatorRow, Store } from '../store/index.ts'
import type { Context } from './context.ts'
import { linkUrl, newLinkRow } from './links.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import { checkEmail, checkName, emailKey } from './rows.ts'
import { beginSession } from './sessions.ts'
import type { OperatorRole, Operators } from './types.ts'

export function newOperatorRow(
  operator: { name: string; email: string; role: OperatorRole; password: string },
  at: Date,
): OperatorRow {
  return {
    id: newId(),
    email: operator.email,
    email_key: emailKey(operator.email),
    name: operator.name,
    role: operator.role,
    password: operator.password,
    totp_secret: null,
    totp_version: 0,
    totp_confirmed_at: null,
    totp_step: 0,
    created_at: at.getTime(),
    updated_at: at.getTime(),
  }
}

/** The first owner, by a link that whoever starts the server sees. There is no password before. */
export function createSetup(context: Context): Pick<Operators, 'needsSetup' | 'setUp'> {
  const { store, clock, throttle } = context
  const notGood = () =>
    new AppError('unauthorized', 'This setup link is not good: it was used, or a newer one was made.')

  return {
    needsSetup: async () => (await store.operators.list()).length === 0,

    async setUp({ token, name, email, password }, visit) {
      const wasRight = await throttle.attempt(undefined, visit)
      const link = await store.operators.findLink(sha256(token))
      if (link?.kind !== 'setup') throw notGood()
      const owner = { name: checkName(name), email: checkEmail(email), role: 'owner' as const }
      checkPassword(password, 'password', owner)
      const row = newOperatorRow({ ...owner, password: await hashPassword(new Secret(password)) }, clock.now())
      const session = await store.transaction(async (queries) => {
        const taken = await queries.operators.takeLink(link.id)
        if (!taken || (await queries.operators.list()).length > 0) throw notGood()
        await queries.operators.deleteLinks('setup')
        await queries.operators.insert(row)
        return beginSession(context, queries, row, visit)
      })
      await wasRight()
      return session
    },
  }
}

/**
 * A link for somebody at the machine: the setup link while there is no owner, else one that gives the operator of this address
 * a new password, and takes their one-time codes and passkeys away. Earlier links of the kind stop working.
 *
 * @throws {AppError} validation_failed when an address is needed, not_found for an unknown one.
 */
export async function makeLink(
  { store, clock, baseUrl }: { store: Store; clock: Clock; baseUrl: string },
  email: string | undefined,
): Promise<{ kind: 'setup' | 'reset'; url: Secret }> {
  return store.transaction(async ({ operators }) => {
    const all = await operators.list()
    if (all.length === 0) {
      const { row, token } = newLinkRow({ kind: 'setup', role: 'owner' }, clock.now())
      await operators.deleteLinks('setup')
      await operators.insertLink(row)
      return { kind: 'setup', url: linkUrl(baseUrl, 'setup', token) }
    }
    if (email === undefined)
      throw new AppError(
        'validation_failed',
        'There is an owner already. Name the operator who needs a new password by email address.',
      )
    const operator = await operators.findByEmail(emailKey(email))
    if (!operator) throw new AppError('not_found', `There is no operator ${email}.`)
    const { row, token } = newLinkRow({ kind: 'reset', email: operator.email, role: operator.role }, clock.now())
    await operators.deleteLinks('reset', operator.email)
    await operators.insertLink(row)
    return { kind: 'reset', url: linkUrl(baseUrl, 'reset', token) }
  })
}
