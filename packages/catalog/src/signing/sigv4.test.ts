import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import aws4 from 'aws4'
import fc from 'fast-check'
import { type AwsRequest, awsSignatureHeaders } from './sigv4.ts'

const suite = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  scope: { region: 'us-east-1', service: 'service', at: new Date('2015-08-30T12:36:00Z') },
}
const signatureOf = (headers: Record<string, string>) => headers.authorization?.split('Signature=')[1]

describe('AWS Signature Version 4', () => {
  it('signs as the test suite of AWS says', () => {
    const unreserved = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    const vectors: [name: string, request: Omit<AwsRequest, 'url'>, path: string, signature: string][] = [
      ['get-vanilla', get, '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
      ['post-vanilla', post, '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
      [
        'get-vanilla-query-order-key-case',
        get,
        '/?Param2=value2&Param1=value1',
        'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
      ],
      [
        'get-vanilla-empty-query-key',
        get,
        '/?Param1=value1',
        'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
      ],
      [
        'get-vanilla-query-unreserved',
        get,
        `/?${unreserved}=${unreserved}`,
        '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
      ],
      ['get-unreserved', get, `/${unreserved}`, '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f'],
      ['get-slashes', get, '//example//', '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84'],
      [
        'post-x-www-form-urlencoded',
        { ...post, headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'Param1=value1' },
        '/',
        'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
      ],
      [
        'get-header-key-duplicate',
        { ...get, headers: { 'My-Header1': 'value2,value2,value1' } },
        '/',
        'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
      ],
    ]
    for (const [name, request, path, signature] of vectors) {
      const headers = awsSignatureHeaders(
        { ...request, url: new URL(`https://example.amazonaws.com${path}`) },
        suite.credentials,
        suite.scope,
      )
      assert.equal(signatureOf(headers), signature, name)
    }
  })

  it('signs a whole header with credential and signed headers', () => {
    const { authorization } = awsSignatureHeaders(
      { ...get, url: new URL('https://example.amazonaws.com/') },
      suite.credentials,
      suite.scope,
    )
    assert.equal(
      authorization,
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    )
  })

  it('signs for S3 as its own examples say, with the hash of the body in a header', () => {
    const credentials = {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    }
    const scope = { region: 'us-east-1', service: 's3', at: new Date('2013-05-24T00:00:00Z') }
    const sign = (request: Omit<AwsRequest, 'url'>, path: string) =>
      awsSignatureHeaders(
        { ...request, url: new URL(`https://examplebucket.s3.amazonaws.com${path}`) },
        credentials,
        scope,
      )

    const download = sign({ ...get, headers: { Range: 'bytes=0-9' } }, '/test.txt')
    assert.equal(download['x-amz-content-sha256'], createHash('sha256').update('').digest('hex'))
    assert.equal(signatureOf(download), 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41')
    assert.equal(
      signatureOf(sign(get, '/?lifecycle')),
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    )
    assert.equal(
      signatureOf(sign(get, '/?max-keys=2&prefix=J')),
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    )
    const put = {
      method: 'PUT',
      headers: { Date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    }
    const signature = '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd'
    assert.equal(signatureOf(sign({ ...put, body: 'Welcome to Amazon S3.' }, '/test$file.text')), signature)
    const sha256 = createHash('sha256').update('Welcome to Amazon S3.').digest('hex')
    assert.equal(signatureOf(sign({ ...put, body: { sha256 } }, '/test$file.text')), signature)
  })

  it('signs as another library does, for any request, with and without a session token', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((value) => value.isWellFormed())
    const word = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,12}$/)
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        fc.array(
          text.filter((segment) => !/^\.+$/.test(segment)),
          { maxLength: 3 },
        ),
        fc.dictionary(text, text, { maxKeys: 4 }),
        fc.dictionary(
          word.map((name) => `x-my-${name}`),
          fc.stringMatching(/^[!-~]( {0,3}[!-~]){0,10}$/),
          { maxKeys: 3 },
        ),
        text,
        fc.record({
          region: word,
          service: word,
          token: fc.option(
            text.map((value) => encodeURIComponent(value)),
            { nil: undefined },
          ),
        }),
        (method, path, query, headers, body, { region, service, token }) => {
          const url = new URL(`https://api.example.com/${path.map(encodeURIComponent).join('/')}`)
          url.search = new URLSearchParams(Object.entries(query)).toString()
          const credentials = { ...suite.credentials, sessionToken: token }
          const own = awsSignatureHeaders(
            { method, url, headers: { ...headers, 'content-type': 'text/plain' }, body },
            credentials,
            {
              region,
              service,
              at: suite.scope.at,
            },
          )
          const other = aws4.sign(
            {
              method,
              host: url.host,
              path: url.pathname + url.search,
              headers: { ...headers, 'content-type': 'text/plain', 'x-amz-date': '20150830T123600Z' },
              body,
              region,
              service,
              extraHeadersToIgnore: { 'content-length': true },
            },
            credentials,
          )
          assert.equal(own.authorization, other.headers.Authorization)
        },
      ),
      { numRuns: 300 },
    )
  })
})

const get = { method: 'GET' }
const post = { method: 'POST' }
