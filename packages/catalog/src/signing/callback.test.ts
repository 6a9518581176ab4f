import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type CallbackSignature, isSignedCallback, signedCallback } from './callback.ts'

const hex: CallbackSignature = { parameter: 'hmac', algorithm: 'HMAC-SHA256', encoding: 'hex' }
const signed = (params: URLSearchParams, secret: string, how = hex) => {
  const with_ = new URLSearchParams(params)
  with_.set(how.parameter, signedCallback(params, how, secret))
  return with_
}

describe('a signed callback', () => {
  it('is signed over its sorted parameters, as Shopify documents it', () => {
    const params = new URLSearchParams(
      'code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&state=0.6784241404160823&timestamp=1337178173',
    )
    const message =
      'code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&state=0.6784241404160823&timestamp=1337178173'
    assert.equal(signedCallback(params, hex, 'hush'), createHmac('sha256', 'hush').update(message).digest('hex'))
    assert.equal(
      signedCallback(params, hex, 'hush'),
      '700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf',
    )
  })

  it('holds in any order of its parameters, and for no other parameters, name or secret', () => {
    const name = fc.stringMatching(/^[a-z%&=]{1,8}$/).filter((text) => text !== 'hmac')
    const value = fc.string({ maxLength: 10 })
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, minLength: 1, maxLength: 5 }),
        fc.string({ minLength: 1 }),
        fc.nat(),
        value,
        fc.constantFrom('hex' as const, 'base64' as const),
        (pairs, secret, place, other, encoding) => {
          const how = { ...hex, encoding }
          const good = signed(new URLSearchParams(pairs), secret, how)
          assert.ok(isSignedCallback(good, how, secret))
          assert.ok(isSignedCallback(new URLSearchParams([...good].reverse()), how, secret))
          assert.ok(!isSignedCallback(good, how, `${secret}x`))

          const [changed = ['', '']] = pairs.slice(place % pairs.length)
          const altered = new URLSearchParams(good)
          altered.set(changed[0], `${changed[1]}x${other}`)
          assert.ok(!isSignedCallback(altered, how, secret))
          const added = new URLSearchParams(good)
          added.append(`${changed[0]}x`, other)
          assert.ok(!isSignedCallback(added, how, secret))
          // Two parameters never sign like one that holds a separator.
          const joined = pairs.map((pair) => pair.join('=')).join('&')
          const [firstName = '', firstValue = ''] = /^([^=]*)=(.*)$/s.exec(joined)?.slice(1) ?? []
          if (pairs.length > 1)
            assert.notEqual(
              signedCallback(new URLSearchParams([[firstName, firstValue]]), how, secret),
              signedCallback(new URLSearchParams(pairs), how, secret),
            )
        },
      ),
    )
  })

  it('is none without a signature, with an empty one, or with two', () => {
    const params = new URLSearchParams('code=a')
    const good = signed(params, 's')
    assert.ok(!isSignedCallback(params, hex, 's'))
    assert.ok(!isSignedCallback(new URLSearchParams('code=a&hmac='), hex, 's'))
    const twice = new URLSearchParams([...good, ['hmac', good.get('hmac') ?? '']])
    assert.ok(!isSignedCallback(twice, hex, 's'))
    assert.ok(isSignedCallback(new URLSearchParams(`code=a&hmac=${good.get('hmac')?.toUpperCase()}`), hex, 's'))
  })
})
