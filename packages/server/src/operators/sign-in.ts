import { AppError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { Context } from './context.ts'
import { useCode } from './one-time-codes.ts'
import { checkPassword, hashPassword, isPassword } from './passwords.ts'
import { emailKey } from './rows.ts'
import { beginSession } from './sessions.ts'
import type { Operators } from './types.ts'

type SignInVerbs = Pick<Operators, 'signIn' | 'changePassword' | 'nameOf'>

/** Password and, where they are on, one-time codes. An unknown address and a wrong password are answered alike, in like time. */
export function createSignIn(context: Context): SignInVerbs {
  const { store, clock, throttle } = context

  return {
    async signIn({ email, password, totp }, visit) {
      const account = emailKey(email)
      const wasRight = await throttle.attempt(account, visit)
      const row = await store.operators.findByEmail(account)
      if (!(await isPassword(row?.password, new Secret(password))) || !row)
        throw new AppError('unauthorized', 'The email address or the password is wrong.')
      if (row.totp_confirmed_at !== null) {
        if (totp === undefined) throw new AppError('totp_required', 'Enter the code of your authenticator app.')
        if (!(await useCode(context, row, totp)))
          throw new AppError('totp_required', 'This is not the code of this moment, or it was used already.')
      }
      const session = await store.transaction(async (queries) => {
        const current = await queries.operators.find(row.id)
        if (current?.password !== row.password)
          throw new AppError('unauthorized', 'The email address or the password is wrong.')
        return beginSession(context, queries, current, visit)
      })
      await wasRight()
      return session
    },

    async nameOf(email) {
      const row = await store.operators.findByEmail(emailKey(email))
      return row && { id: row.id, name: `${row.name} <${row.email}>` }
    },

    async changePassword({ operator, sessionId }, { current, next }, visit) {
      const wasRight = await throttle.attempt(emailKey(operator.email), visit)
      const row = await store.operators.find(operator.id)
      if (!(await isPassword(row?.password, new Secret(current))))
        throw new AppError('validation_failed', 'current: is not your password', {
          fields: [{ property: 'current', message: 'is not your password' }],
        })
      await wasRight()
      checkPassword(next, 'next', operator)
      const password = await hashPassword(new Secret(next))
      await store.transaction(async ({ operators }) => {
        await operators.update(operator.id, { password, updated_at: clock.now().getTime() })
        await operators.deleteSessionsOf(operator.id, sessionId)
      })
    },
  }
}
