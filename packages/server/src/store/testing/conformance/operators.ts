import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId, newToken, sha256 } from '../../../ids.ts'
import type { OperatorLinkRow, OperatorPasskeyRow, OperatorSessionRow, Store } from '../../index.ts'
import { anOperator, at } from '../rows.ts'
import { parallel } from './helpers.ts'

const hour = 60 * 60_000

export function describeOperators(store: () => Store): void {
  describe('operators', () => {
    const stored = async () => {
      const row = anOperator()
      assert.ok(await store().operators.insert(row))
      return row
    }
    const aSession = (operatorId: string, row: Partial<OperatorSessionRow> = {}): OperatorSessionRow => ({
      id: newId(),
      operator_id: operatorId,
      token_hash: sha256(newToken()),
      user_agent: '',
      created_at: at,
      seen_at: at,
      expires_at: at + 24 * hour,
      ...row,
    })
    const aPasskey = (operatorId: string): OperatorPasskeyRow => ({
      id: newId(),
      operator_id: operatorId,
      name: 'key',
      public_key: 'AA',
      counter: 3,
      transports: '[]',
      created_at: at,
      used_at: null,
    })

    test('an email address belongs to one operator', async () => {
      const row = await stored()
      assert.equal(await store().operators.insert({ ...anOperator(), email_key: row.email_key }), false)
      assert.deepEqual({ ...(await store().operators.findByEmail(row.email_key)) }, row)
    })

    test('of many uses of one thing that works once one succeeds', async () => {
      const { operators } = store()
      const { id } = await stored()
      const once = async (use: () => Promise<unknown>) =>
        assert.equal((await parallel(10, use)).filter(Boolean).length, 1)
      await once(() => operators.useTotpStep(id, 0, 77))
      assert.equal(await operators.useTotpStep(id, 0, 76), false, 'an older step')
      const code = sha256('code')
      await operators.replaceRecoveryCodes(id, [code])
      await once(() => operators.takeRecoveryCode(id, code))
      const challenge = sha256(newToken())
      await operators.insertChallenge({ hash: challenge, operator_id: null, expires_at: at + hour })
      assert.equal(await operators.takeChallenge(challenge, id, at), false, 'it is nobody’s in particular')
      assert.equal(await operators.takeChallenge(challenge, null, at + hour), false, 'too late')
      await once(() => operators.takeChallenge(challenge, null, at))
      const passkey = aPasskey(id)
      await operators.insertPasskey(passkey)
      await once(() => operators.usePasskey(passkey.id, 3, { counter: 4, used_at: at }))
      const link: OperatorLinkRow = {
        id: newId(),
        kind: 'invitation',
        token_hash: sha256(newToken()),
        email: 'x@acme.example',
        role: 'viewer',
        invited_by: null,
        created_at: at,
        expires_at: null,
      }
      await operators.insertLink(link)
      await once(() => operators.takeLink(link.id))
    })

    test('every attempt counts, and counting begins anew when its time is over', async () => {
      const key = newId()
      const counted = await parallel(20, () => store().operators.countAttempt(key, at, hour))
      assert.deepEqual(
        counted.map(({ attempts }) => attempts).sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, index) => index + 1),
      )
      await store().operators.forgiveAttempt(key)
      assert.deepEqual(
        { ...(await store().operators.countAttempt(key, at + 1, hour)) },
        { attempts: 20, until: at + hour },
      )
      const anew = await store().operators.countAttempt(key, at + hour, hour)
      assert.deepEqual({ ...anew }, { attempts: 1, until: at + 2 * hour })
    })

    test('whoever goes takes sessions, passkeys and codes along', async () => {
      const { operators } = store()
      const { id } = await stored()
      const session = aSession(id)
      const passkey = aPasskey(id)
      await operators.insertSession(session)
      await operators.insertPasskey(passkey)
      await operators.replaceRecoveryCodes(id, [sha256('code')])
      await operators.delete(id)
      assert.equal(await operators.findSession(session.token_hash), undefined)
      assert.equal(await operators.findPasskey(passkey.id), undefined)
      assert.equal(await operators.takeRecoveryCode(id, sha256('code')), false)
    })

    test('what has ended is forgotten, and nothing else', async () => {
      const { operators } = store()
      const { id } = await stored()
      const kept = aSession(id)
      const idle = aSession(id, { seen_at: at - 13 * hour })
      const old = aSession(id, { expires_at: at })
      for (const session of [kept, idle, old]) await operators.insertSession(session)
      await operators.deleteEnded(at, { seenBefore: at - 12 * hour })
      assert.deepEqual(
        (await operators.sessionsOf(id)).map((session) => session.id),
        [kept.id],
      )
    })
  })
}
