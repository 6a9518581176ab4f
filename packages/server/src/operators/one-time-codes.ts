import { randomBytes } from 'node:crypto'
import { AppError, invalid } from '../errors.ts'
import { sha256 } from '../ids.ts'
import { Secret } from '../secret.ts'
import type { OperatorRow } from '../store/index.ts'
import type { SealContext } from '../vault/types.ts'
import type { Context } from './context.ts'
import { newTotpSecret, totpStepOf, totpUri } from './totp.ts'
import type { Operators } from './types.ts'

const recoveryCodeCount = 10

const place = (operatorId: string, version: number): SealContext => ({
  projectId: '',
  table: 'operators',
  rowId: operatorId,
  field: 'totp_secret',
  version,
})

const secretOf = async ({ vault }: Context, row: OperatorRow) =>
  row.totp_secret && (await vault.open(row.totp_secret, place(row.id, row.totp_version)))

/** Uses up a one-time code, or a recovery code. @returns False for a wrong code, and for one that was used before. */
export async function useCode(context: Context, row: OperatorRow, code: string): Promise<boolean> {
  const { store, clock } = context
  const secret = await secretOf(context, row)
  const step = secret === null ? undefined : totpStepOf(secret, code, clock.now())
  if (step !== undefined) return store.operators.useTotpStep(row.id, row.totp_version, step)
  return store.operators.takeRecoveryCode(row.id, hashOfRecoveryCode(row.id, code))
}

type CodeVerbs = Pick<Operators, 'proposeTotp' | 'confirmTotp' | 'removeTotp'>

export function createOneTimeCodes(context: Context): CodeVerbs {
  const { store, vault, clock, throttle } = context

  const find = async (operatorId: string) => {
    const row = await store.operators.find(operatorId)
    if (!row) throw new AppError('not_found', 'There is no such operator.')
    return row
  }
  const wrongCode = () => invalid({ property: 'code', message: 'is not the code of this moment' })
  const changedMeanwhile = () => new AppError('conflict', 'One-time codes were changed meanwhile.')

  return {
    async proposeTotp(operatorId) {
      const row = await find(operatorId)
      if (row.totp_confirmed_at !== null)
        throw new AppError('conflict', 'One-time codes are on already. Switch them off first.')
      const secret = newTotpSecret()
      const changed = await store.operators.replaceTotp(row.id, row.totp_version, {
        totp_secret: await vault.seal(secret, place(row.id, row.totp_version + 1)),
        totp_step: 0,
      })
      if (!changed) throw changedMeanwhile()
      return { secret: new Secret(secret), uri: new Secret(totpUri(secret, row.email)) }
    },

    async confirmTotp(operatorId, code) {
      const row = await find(operatorId)
      const secret = await secretOf(context, row)
      if (secret === null || row.totp_confirmed_at !== null)
        throw new AppError('conflict', 'There is no proposed secret to confirm.')
      const wasRight = await throttle.attempt(`codes of ${row.id}`, { address: undefined })
      const step = totpStepOf(secret, code, clock.now())
      if (step === undefined) throw wrongCode()
      await wasRight()
      const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode)
      await store.transaction(async ({ operators }) => {
        const confirmed = { totp_confirmed_at: clock.now().getTime() }
        if (!(await operators.useTotpStep(row.id, row.totp_version, step, confirmed))) throw changedMeanwhile()
        await operators.replaceRecoveryCodes(
          row.id,
          codes.map((recoveryCode) => hashOfRecoveryCode(row.id, recoveryCode)),
        )
      })
      return codes.map((recoveryCode) => new Secret(recoveryCode))
    },

    async removeTotp(operatorId, code) {
      const row = await find(operatorId)
      if (row.totp_confirmed_at === null) throw new AppError('conflict', 'One-time codes are off.')
      const wasRight = await throttle.attempt(`codes of ${row.id}`, { address: undefined })
      if (!(await useCode(context, row, code))) throw wrongCode()
      await wasRight()
      await store.transaction(async ({ operators }) => {
        const off = { totp_secret: null, totp_confirmed_at: null, totp_step: 0 }
        if (!(await operators.replaceTotp(row.id, row.totp_version, off))) throw changedMeanwhile()
        await operators.replaceRecoveryCodes(row.id, [])
      })
    },
  }
}

/** 80 random bits: guessing is hopeless, so a fast hash will do, and people can still type it. */
function newRecoveryCode(): string {
  const letters = randomBytes(10).toString('hex')
  return letters.match(/.{5}/g)?.join('-') ?? letters
}

/** Blanks, hyphens and case are how people copy it. */
const hashOfRecoveryCode = (operatorId: string, code: string) =>
  sha256(`${operatorId}:${code.toLowerCase().replace(/[^0-9a-f]/g, '')}`)
