import { AppError } from '../errors.ts'
import { sha256 } from '../ids.ts'
import { Secret } from '../secret.ts'
import type { OperatorLinkRow, OperatorRow, Queries } from '../store/index.ts'
import type { Context } from './context.ts'
import { linkUrl, newLinkRow } from './links.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import { checkEmail, checkName, emailKey, toInvitation } from './rows.ts'
import { beginSession } from './sessions.ts'
import { newOperatorRow } from './setup.ts'
import { mayManage } from './staff.ts'
import type { Operators } from './types.ts'

type InvitationVerbs = Pick<
  Operators,
  'invite' | 'invitations' | 'withdrawInvitation' | 'invitation' | 'acceptInvitation'
>

/** Invitations by link: nothing is mailed, whoever invites hands the link over. */
export function createInvitations(context: Context): InvitationVerbs {
  const { store, clock, baseUrl } = context

  const isOver = (row: OperatorLinkRow) => row.expires_at !== null && row.expires_at <= clock.now().getTime()
  const gone = () => new AppError('not_found', 'This invitation was used or withdrawn, or its time is up.')

  const find = async (token: string) => {
    const row = await store.operators.findLink(sha256(token))
    if (!row || row.kind === 'setup' || row.email === null || isOver(row)) throw gone()
    return { ...row, email: row.email }
  }

  return {
    async invite(actor, { email, role }) {
      if (!mayManage(actor, role)) throw new AppError('forbidden', 'Only an owner invites an owner.')
      const address = checkEmail(email)
      const invitedBy = actor.kind === 'key' ? undefined : actor.operator.name
      const { row, token } = newLinkRow({ kind: 'invitation', email: address, role, invitedBy }, clock.now())
      await store.transaction(async ({ operators }) => {
        if (await operators.findByEmail(emailKey(address)))
          throw new AppError('conflict', 'There is an operator with this email address already.')
        await operators.deleteLinks('invitation', address)
        await operators.insertLink(row)
      })
      return { invitation: toInvitation(row), url: linkUrl(baseUrl, 'invitation', token) }
    },

    async invitations() {
      return (await store.operators.listLinks('invitation')).filter((row) => !isOver(row)).map(toInvitation)
    },

    async withdrawInvitation(id) {
      const known = await store.operators.listLinks('invitation')
      if (!known.some((row) => row.id === id) || !(await store.operators.takeLink(id)))
        throw new AppError('not_found', 'There is no such invitation.')
    },

    async invitation(token) {
      const { email, role, kind } = await find(token)
      return { email, role, isReset: kind === 'reset' }
    },

    async acceptInvitation(token, { name, password }, visit) {
      const link = await find(token)
      checkPassword(password, 'password', link)
      const hashed = await hashPassword(new Secret(password))
      const becomes = { name: link.kind === 'reset' ? '' : checkName(name), email: link.email, role: link.role }
      return store.transaction(async (queries) => {
        if (!(await queries.operators.takeLink(link.id))) throw gone()
        const row =
          link.kind === 'reset'
            ? await resetOperator(queries, link.email, hashed, clock.now())
            : newOperatorRow({ ...becomes, password: hashed }, clock.now())
        if (!row) throw gone()
        if (link.kind === 'invitation' && !(await queries.operators.insert(row)))
          throw new AppError('conflict', 'There is an operator with this email address already.')
        return beginSession(context, queries, row, visit)
      })
    },
  }
}

/** A new password, and nothing else to sign in with: whoever lost one may have lost the phone as well. */
async function resetOperator(
  { operators }: Queries,
  email: string,
  password: string,
  at: Date,
): Promise<OperatorRow | undefined> {
  const row = await operators.findByEmail(emailKey(email))
  if (!row) return undefined
  await operators.deleteSessionsOf(row.id)
  await operators.replaceRecoveryCodes(row.id, [])
  for (const { id } of await operators.passkeysOf(row.id)) await operators.deletePasskey(row.id, id)
  return operators.replaceTotp(row.id, row.totp_version, {
    password,
    totp_secret: null,
    totp_confirmed_at: null,
    totp_step: 0,
    updated_at: at.getTime(),
  })
}
