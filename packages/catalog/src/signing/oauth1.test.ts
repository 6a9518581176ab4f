import assert from 'node:assert/strict'
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import OAuth from 'oauth-1.0a'
import {
  type OAuth1SignatureMethod,
  oauth1BaseString,
  oauth1Header,
  oauth1Signature,
  oauth1Verifies,
  parseOAuth1Header,
} from './oauth1.ts'

/** The client of RFC 5849 §1.2. */
const consumerSecret = 'kd94hf93k423kf44'
const rfcExchange = [
  {
    method: 'POST',
    url: 'https://photos.example.net/initiate',
    protocol: {
      oauth_timestamp: '137131200',
      oauth_nonce: 'wIjqoS',
      oauth_callback: 'http://printer.example.com/ready',
    },
    tokenSecret: undefined,
    signature: '74KNZJeDHnMBp0EMJ9ZHt/XKycU=',
  },
  {
    method: 'POST',
    url: 'https://photos.example.net/token',
    protocol: {
      oauth_token: 'hh5s93j4hdidpola',
      oauth_timestamp: '137131201',
      oauth_nonce: 'walatlh',
      oauth_verifier: 'hfdp7dh39dks9884',
    },
    tokenSecret: 'hdhd0244k9j7ao03',
    signature: 'gKgrFCywp7rO0OXSjdot/IHF7IU=',
  },
  {
    method: 'GET',
    url: 'http://photos.example.net/photos?file=vacation.jpg&size=original',
    protocol: { oauth_token: 'nnch734d00sl2jdk', oauth_timestamp: '137131202', oauth_nonce: 'chapoH' },
    tokenSecret: 'pfkkdhi9sl3r4s00',
    signature: 'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
  },
]

describe('OAuth 1 signatures', () => {
  it('are those of the exchange of RFC 5849 §1.2', () => {
    for (const { method, url, protocol, tokenSecret, signature } of rfcExchange) {
      const base = oauth1BaseString({ method, url: new URL(url) }, [
        ['oauth_consumer_key', 'dpf43f3p2l4k3l03'],
        ['oauth_signature_method', 'HMAC-SHA1'],
        ...Object.entries(protocol),
      ])
      assert.equal(oauth1Signature(base, 'HMAC-SHA1', { consumerSecret, tokenSecret }), signature, url)
    }
  })

  it('are made of the base string of RFC 5849 §3.4.1.1', () => {
    const base = oauth1BaseString(
      {
        method: 'post',
        url: new URL('http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b'),
        form: new URLSearchParams('c2&a3=2+q'),
      },
      Object.entries({
        oauth_consumer_key: '9djdj82h48djs9d2',
        oauth_token: 'kkk9d7dh3k39sjv7',
        oauth_signature_method: 'HMAC-SHA1',
        oauth_timestamp: '137131201',
        oauth_nonce: '7d8f3e4a',
        oauth_signature: 'bYT5CMsGcbgUdFHObYMEfcx6bsw=',
      }),
    )
    assert.equal(
      base,
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
    )
  })

  it('name the host in lower case without its usual port, as in RFC 5849 §3.4.1.2', () => {
    const addressOf = (url: string) =>
      decodeURIComponent(oauth1BaseString({ method: 'GET', url: new URL(url) }, []).split('&')[1] ?? '')
    assert.equal(addressOf('http://EXAMPLE.COM:80/r%20v/X?id=123'), 'http://example.com/r%20v/X')
    assert.equal(addressOf('https://www.example.net:8080/?q=1'), 'https://www.example.net:8080/')
  })

  it('are those of another library, for any request and secrets', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        fc.array(fc.webSegment(), { maxLength: 3 }),
        // The library leaves names in a query encoded, and gives each name one place.
        fc.dictionary(fc.stringMatching(/^q[A-Za-z0-9._-]{0,8}$/), text, { maxKeys: 4 }),
        fc.dictionary(
          text.map((name) => `f${name}`),
          text,
          { maxKeys: 4 },
        ),
        fc.record({ key: text, secret: text, token: text, tokenSecret: text, nonce: text }),
        fc.constantFrom('HMAC-SHA1' as const, 'HMAC-SHA256' as const, 'PLAINTEXT' as const),
        (method, path, query, form, secrets, signatureMethod) => {
          const url = new URL(`https://api.example.com/${path.join('/')}`)
          url.search = new URLSearchParams(Object.entries(query)).toString().replaceAll('+', '%20')
          const header = oauth1Header(
            { method, url, form: new URLSearchParams(Object.entries(form)) },
            {
              consumerKey: secrets.key,
              consumerSecret: secrets.secret,
              token: secrets.token,
              tokenSecret: secrets.tokenSecret,
            },
            { signatureMethod, nonce: secrets.nonce, timestampSeconds: 1_700_000_000 },
          )
          const other = library(signatureMethod, secrets).authorize(
            { method, url: url.href, data: form },
            { key: secrets.token, secret: secrets.tokenSecret },
          )
          assert.equal(parseOAuth1Header(header)?.get('oauth_signature'), other.oauth_signature)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('verify with the public key when they are RSA', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = (key: typeof publicKey, type: 'spki' | 'pkcs8') => String(key.export({ type, format: 'pem' }))
    const base = oauth1BaseString({ method: 'GET', url: new URL('https://api.example.com/') }, [['oauth_nonce', 'n']])
    const signature = oauth1Signature(base, 'RSA-SHA1', { consumerSecret: pem(privateKey, 'pkcs8') })
    assert.equal(signature, createSign('RSA-SHA1').update(base).sign(privateKey, 'base64'))
    assert.ok(oauth1Verifies(signature, base, 'RSA-SHA1', { consumerSecret: pem(publicKey, 'spki') }))
    assert.ok(!oauth1Verifies(signature, `${base}x`, 'RSA-SHA1', { consumerSecret: pem(publicKey, 'spki') }))
  })

  it('do not verify for another request, secret or token', () => {
    const sign = (base: string, tokenSecret: string) =>
      oauth1Signature(base, 'HMAC-SHA1', { consumerSecret, tokenSecret })
    const secrets = { consumerSecret, tokenSecret: 'a' }
    assert.ok(oauth1Verifies(sign('GET&x&y', 'a'), 'GET&x&y', 'HMAC-SHA1', secrets))
    assert.ok(!oauth1Verifies(sign('GET&x&y', 'a'), 'PUT&x&y', 'HMAC-SHA1', secrets))
    assert.ok(!oauth1Verifies(sign('GET&x&y', 'b'), 'GET&x&y', 'HMAC-SHA1', secrets))
    assert.ok(!oauth1Verifies('', 'GET&x&y', 'HMAC-SHA1', secrets))
  })
})

describe('the OAuth 1 header', () => {
  it('carries the realm, which is not signed, and is read back as it was written', () => {
    fc.assert(
      fc.property(text, text, text, (token, realm, callback) => {
        const at = { signatureMethod: 'HMAC-SHA256' as const, nonce: 'n', timestampSeconds: 1 }
        const credentials = { consumerKey: 'k', consumerSecret: 's', token }
        const request = { method: 'GET', url: new URL('https://api.example.com/') }
        const header = oauth1Header(request, credentials, { ...at, realm, extra: { oauth_callback: callback } })
        const without = oauth1Header(request, credentials, { ...at, extra: { oauth_callback: callback } })
        const read = parseOAuth1Header(header)
        assert.equal(read?.get('oauth_token'), token)
        assert.equal(read?.get('oauth_callback'), callback)
        assert.equal(read?.has('realm'), false)
        assert.deepEqual(read, parseOAuth1Header(without))
      }),
    )
  })

  it('is none when a parameter comes twice, is half encoded, or when it is of another scheme', () => {
    assert.equal(parseOAuth1Header('OAuth oauth_token="a", oauth_token="b"'), undefined)
    assert.equal(parseOAuth1Header('OAuth oauth_token="%E0%A4%A"'), undefined)
    assert.equal(parseOAuth1Header('Bearer oauth_token="a"'), undefined)
    assert.equal(parseOAuth1Header(undefined), undefined)
  })
})

const text = fc.string({ unit: 'grapheme', maxLength: 12, minLength: 1 }).filter((value) => value.isWellFormed())

function library(
  method: OAuth1SignatureMethod,
  { key, secret, nonce }: { key: string; secret: string; nonce: string },
) {
  const other = new OAuth({
    consumer: { key, secret },
    signature_method: method,
    ...(method !== 'PLAINTEXT' && {
      hash_function: (base: string, signingKey: string) =>
        createHmac(method === 'HMAC-SHA1' ? 'sha1' : 'sha256', signingKey)
          .update(base)
          .digest('base64'),
    }),
  })
  return Object.assign(other, { getNonce: () => nonce, getTimeStamp: () => 1_700_000_000 })
}
