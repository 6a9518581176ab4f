import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { Secret } from '../secret.ts'
import { newSecret, signedHeaders } from './signing.ts'

test('a new secret is whsec_ and the base64 of 32 bytes, each time another', () => {
  const [first, second] = [newSecret().reveal(), newSecret().reveal()]
  assert.match(first, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.notEqual(first, second)
})

test('the example of the standard', () => {
  const headers = signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', new Date(1614265330_000), '{"test": 2432232314}', [
    new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
  ])
  assert.deepEqual(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('the library of the standard verifies any body, by each of the secrets', () => {
  fc.assert(
    fc.property(fc.json(), fc.uuid(), (body, id) => {
      const secrets = [newSecret(), newSecret()]
      const headers = signedHeaders(`msg_${id}`, new Date(), body, secrets)
      for (const secret of secrets)
        assert.deepEqual(new Webhook(secret.reveal()).verify(body, headers), JSON.parse(body))
      assert.throws(() => new Webhook(newSecret().reveal()).verify(body, headers))
    }),
  )
})
