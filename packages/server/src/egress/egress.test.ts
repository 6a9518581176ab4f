import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { after, describe, it } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { createEgress, EgressError, type EgressOptions, type FetchInit } from './index.ts'
import { cert, key } from './testing/tls.ts'

const cleanups: (() => unknown)[] = []
after(async () => {
  for (const clean of cleanups) await clean()
})

/** @returns The port of a server on 127.0.0.1 that lives as long as this file. */
async function listen(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const serve = (listener: RequestListener) => listen(createServer(listener))

function egress(options: Partial<EgressOptions> = {}) {
  const made = createEgress({ allowPrivateHosts: [], ...options })
  cleanups.push(() => made.close())
  return made
}

const allowing = (port: number) => egress({ allowPrivateHosts: [`127.0.0.1:${port}`] })

/** The reason stays in `cause`; what a caller sees is always the same. */
async function refusal(call: Promise<Response>): Promise<{ mayHaveArrived: boolean; isLate: boolean; reason: string }> {
  const error = await call.then(
    (response) => assert.fail(`answered ${response.status}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof EgressError, String(error))
  assert.equal(error.message, 'the address could not be reached')
  const reasons: string[] = []
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) reasons.push(cause.message)
  return { mayHaveArrived: error.mayHaveArrived, isLate: error.isLate, reason: reasons.join(': ') }
}

describe('egress answers', () => {
  it('with status, headers and body of a listed host over plain http', async () => {
    const port = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] })
        const { method, url, headers } = request
        response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
      })
    })
    const response = await allowing(port).fetch(`http://127.0.0.1:${port}/a?b=c`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: 'grüße',
    })
    const seen = (await response.json()) as {
      method: string
      url: string
      headers: Record<string, string>
      body: string
    }
    assert.equal(response.status, 201)
    assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2'])
    assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/a?b=c', 'grüße'])
    assert.equal(seen.headers['content-type'], 'text/plain')
    assert.match(seen.headers['user-agent'] ?? '', /^Holdfast\/\d+\.\d+\.\d+$/)
  })

  it('with the User-Agent the caller gives, in any case', async () => {
    const port = await serve((request, response) => response.end(request.headers['user-agent']))
    const response = await allowing(port).fetch(`http://127.0.0.1:${port}/`, { headers: { 'User-Agent': 'mine' } })
    assert.equal(await response.text(), 'mine')
  })

  it('over https when the certificate is trusted, and refuses one that is not', async () => {
    const server = createTlsServer({ cert, key }, (_, response) => response.end('hello'))
    const port = await listen(server)
    const { fetch } = egress({ allowPrivateHosts: [`localhost:${port}`], resolveHost: loopback })
    const before = await refusal(fetch(`https://localhost:${port}/`))
    assert.equal(before.mayHaveArrived, false)
    const trusted = getCACertificates('default')
    setDefaultCACertificates([...trusted, cert])
    try {
      assert.equal(await (await fetch(`https://localhost:${port}/`)).text(), 'hello')
    } finally {
      setDefaultCACertificates(trusted)
    }
  })

  it('with a redirect as it is, and asks the target nothing', async () => {
    let asked = 0
    const target = await serve((_, response) => {
      asked++
      response.end()
    })
    const port = await serve((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${target}/` }).end()
    })
    const { fetch } = egress({ allowPrivateHosts: [`127.0.0.1:${port}`, `127.0.0.1:${target}`] })
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'secret' })
    assert.equal(response.status, 307)
    assert.equal(asked, 0)
  })

  it('with an unpacked body, and without headers that describe the packed one', async () => {
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
    ] as const) {
      const port = await serve((_, response) => {
        response.writeHead(200, { 'content-encoding': encoding }).end(pack('hello'))
      })
      const response = await allowing(port).fetch(`http://127.0.0.1:${port}/`)
      assert.equal(await response.text(), 'hello')
      assert.equal(response.headers.get('content-encoding'), null)
    }
  })

  it('without a body for 204 and 304', async () => {
    for (const status of [204, 304]) {
      const port = await serve((_, response) => response.writeHead(status, { 'content-encoding': 'gzip' }).end())
      const response = await allowing(port).fetch(`http://127.0.0.1:${port}/`)
      assert.equal(response.status, status)
      assert.equal(response.body, null)
    }
  })

  it('each call on a connection of its own', async () => {
    const ports: (number | undefined)[] = []
    const port = await serve((request, response) => {
      ports.push(request.socket.remotePort)
      response.end()
    })
    const { fetch } = allowing(port)
    await fetch(`http://127.0.0.1:${port}/`)
    await fetch(`http://127.0.0.1:${port}/`)
    assert.equal(new Set(ports).size, 2)
  })
})

const loopback = async () => [{ address: '127.0.0.1', family: 4 }]

describe('egress refuses before anything is sent', () => {
  const literals = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '127.0.0.1.nip.io@127.0.0.1',
    '[::ffff:127.0.0.1%25lo]',
    '[fe80::1%25eth0]',
    '0',
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '0xa9fea9fe',
    '172.16.0.1',
    '192.168.1.1',
    '192.0.0.1',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '①②⑦.0.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:a9fe:a9fe]',
    '[::127.0.0.1]',
    '[::ffff:0:7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2002:7f00:1::1]',
    '[2001::1]',
    '[2001:db8::1]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fec0::1]',
    '[ff02::1]',
    '[100::1]',
    '[5f00::1]',
    '[3fff::1]',
  ]
  for (const literal of literals)
    it(`the literal ${literal}`, async () => {
      const { fetch } = egress({ resolveHost: () => assert.fail('a literal is not looked up') })
      assert.deepEqual(await refusal(fetch(`https://${literal}/`)).then((r) => r.mayHaveArrived), false)
    })

  for (const name of ['localhost', 'localhost.', 'LOCALHOST'])
    it(`the name ${name}, as this machine resolves it`, async () => {
      let reached = 0
      const port = await serve((_, response) => response.end(String(++reached)))
      assert.equal((await refusal(egress().fetch(`https://${name}:${port}/`))).mayHaveArrived, false)
      assert.equal(reached, 0)
    })

  it('a name with a private address, alone or among public ones', async () => {
    for (const addresses of [
      ['127.0.0.1'],
      ['93.184.216.34', '10.0.0.1'],
      ['2606:4700::1111', '::1'],
      ['64:ff9b::7f00:1'],
    ]) {
      const { fetch } = egress({
        resolveHost: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      })
      const { mayHaveArrived, reason } = await refusal(fetch('https://mixed.test/'))
      assert.equal(mayHaveArrived, false)
      assert.match(reason, /not public/)
    }
  })

  it('a name that changes between two looks: the second look never happens', async () => {
    let reached = 0
    const port = await serve((_, response) => {
      reached++
      response.end()
    })
    let looks = 0
    const { fetch } = egress({
      // A documentation address: refused as not public, so the first answer alone decides.
      resolveHost: async () => [{ address: looks++ === 0 ? '192.0.2.1' : '127.0.0.1', family: 4 }],
    })
    await refusal(fetch(`https://rebind.test:${port}/`))
    assert.deepEqual([looks, reached], [1, 0])
  })

  it('plain http to a host that is not listed', async () => {
    const { reason } = await refusal(egress().fetch('http://example.com/'))
    assert.match(reason, /only https/)
  })

  it('the same host on another port than the listed one', async () => {
    const port = await serve((_, response) => response.end())
    const other = await serve((_, response) => response.end())
    const { mayHaveArrived } = await refusal(allowing(port).fetch(`http://127.0.0.1:${other}/`))
    assert.equal(mayHaveArrived, false)
  })

  it('another name of a listed address', async () => {
    const port = await serve((_, response) => response.end())
    const { reason } = await refusal(allowing(port).fetch(`https://localhost:${port}/`))
    assert.match(reason, /not public/)
  })

  it('other schemes, user names in the URL, and text that is no URL', async () => {
    for (const url of [
      'ftp://example.com/',
      'file:///etc/passwd',
      'data:,x',
      'https://user@example.com/',
      'https://:pw@example.com/',
      'not a url',
    ])
      assert.equal((await refusal(egress().fetch(url))).mayHaveArrived, false)
  })

  it('header values that are not plain printable text, and headers that frame the message', async () => {
    const port = await serve((_, response) => response.end())
    const bad: Record<string, string>[] = [
      { authorization: 'Bearer a\r\nx: y' },
      { authorization: 'Bearer a\r' },
      { 'x-a': ' lead' },
      { 'x-a': 'trail ' },
      { 'x-a': 'a\tb' },
      { 'x-a': '\u0085' },
      { 'x-a': 'ü' },
      { 'x-a': 'a\0' },
      { 'x a': 'b' },
      { Host: 'evil.test' },
      { 'Transfer-Encoding': 'chunked' },
      { 'content-length': '3' },
    ]
    for (const headers of bad) {
      const { mayHaveArrived, reason } = await refusal(allowing(port).fetch(`http://127.0.0.1:${port}/`, { headers }))
      assert.equal(mayHaveArrived, false, JSON.stringify(headers))
      for (const value of Object.values(headers)) assert.ok(!reason.includes(value))
    }
  })

  it('an entry of the list that is not host:port', () => {
    for (const entry of ['localhost', 'http://localhost:1', 'a b:1', '10.0.0.0/8:80', 'host:99999', ''])
      assert.throws(() => createEgress({ allowPrivateHosts: [entry] }), /is not host:port/, entry)
  })

  it('nothing that an entry with an IPv6 address or a default port names', async () => {
    const server = createServer((_, response) => response.end('six'))
    server.listen(0, '::1')
    await once(server, 'listening')
    cleanups.push(() => server.close())
    const { port } = server.address() as AddressInfo
    const response = await egress({ allowPrivateHosts: [`[::1]:${port}`] }).fetch(`http://[::1]:${port}/`)
    assert.equal(await response.text(), 'six')
    const { reason } = await refusal(egress({ allowPrivateHosts: ['127.0.0.1:80'] }).fetch('http://127.0.0.1/'))
    assert.doesNotMatch(reason, /only https/)
  })
})

describe('mayHaveArrived', () => {
  const caps: Record<string, { expected: boolean; listener?: RequestListener; init?: FetchInit; why?: RegExp }> = {
    'is true when the answer never comes': {
      expected: true,
      listener: () => undefined,
      init: { timeoutMs: 100 },
      why: /no whole answer/,
    },
    'is true when headers come and the body does not': {
      expected: true,
      listener: (_, response) => response.writeHead(200).write('x'),
      init: { timeoutMs: 150 },
      why: /no whole answer/,
    },
    'is true when the connection is cut before the answer': {
      expected: true,
      listener: (request) => request.socket.destroy(),
    },
    'is true when the connection is reset mid body': {
      expected: true,
      listener: (request, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half', () => request.socket.resetAndDestroy())
      },
    },
    'is true when the body is longer than the cap': {
      expected: true,
      listener: (_, response) => response.end('x'.repeat(11)),
      init: { maxBodyBytes: 10 },
      why: /longer than 10 bytes/,
    },
    'is true when a small body unpacks to a huge one': {
      expected: true,
      listener: (_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50 * 1024 * 1024))),
    },
    'is true when a packed body is broken': {
      expected: true,
      listener: (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip'),
    },
    'is true when the body is encoded in layers or in a way not offered': {
      expected: true,
      listener: (_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(gzipSync('x'))),
      why: /not offered/,
    },
    'is true when the headers are longer than the cap': {
      expected: true,
      listener: (_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(40 * 1024) }).end(),
    },
    'is true when the status is none HTTP knows': {
      expected: true,
      listener: (_, response) => response.writeHead(999).end(),
    },
  }
  for (const [name, { expected, listener, init, why }] of Object.entries(caps))
    it(name, async () => {
      const port = await serve(listener!)
      const { mayHaveArrived, reason } = await refusal(allowing(port).fetch(`http://127.0.0.1:${port}/`, init))
      assert.equal(mayHaveArrived, expected, reason)
      if (why) assert.match(reason, why)
    })

  it('is true when headers trickle in for longer than the whole time', async () => {
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => undefined)
        socket.write('HTTP/1.1 200 OK\r\n')
        const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 20)
        socket.on('close', () => clearInterval(drip))
      }),
    )
    const { mayHaveArrived, isLate } = await refusal(
      allowing(port).fetch(`http://127.0.0.1:${port}/`, { timeoutMs: 200 }),
    )
    assert.deepEqual([mayHaveArrived, isLate], [true, true])
  })

  it('is true when the caller stops waiting for the answer', async () => {
    const controller = new AbortController()
    const port = await serve(() => controller.abort(new Error('enough')))
    const { mayHaveArrived, reason } = await refusal(
      allowing(port).fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal }),
    )
    assert.equal(mayHaveArrived, true)
    assert.match(reason, /enough/)
  })

  it('is false when the caller had stopped before the call', async () => {
    const port = await serve((_, response) => response.end())
    const signal = AbortSignal.abort(new Error('enough'))
    assert.equal((await refusal(allowing(port).fetch(`http://127.0.0.1:${port}/`, { signal }))).mayHaveArrived, false)
  })

  it('is false when the name does not resolve, or not in time', async () => {
    const unknown = egress({ resolveHost: async () => Promise.reject(new Error('no such host')) })
    assert.equal((await refusal(unknown.fetch('https://nowhere.test/'))).mayHaveArrived, false)
    const silent = egress({ resolveHost: () => new Promise(() => undefined) })
    assert.equal((await refusal(silent.fetch('https://slow.test/', { timeoutMs: 50 }))).mayHaveArrived, false)
  })

  it('is false when nobody listens', async () => {
    const server = createServer()
    const port = await listen(server)
    server.close()
    await once(server, 'close')
    assert.equal((await refusal(allowing(port).fetch(`http://127.0.0.1:${port}/`))).mayHaveArrived, false)
  })

  it('is false when the other side does not speak TLS', async () => {
    const port = await serve((_, response) => response.end())
    assert.equal((await refusal(allowing(port).fetch(`https://127.0.0.1:${port}/`))).mayHaveArrived, false)
  })
})

describe('egress through the proxy of the operator', () => {
  it('goes past the proxy to the hosts of NO_PROXY, and guards them as without one', async () => {
    const asked: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '')
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    const proxyUrl = `http://127.0.0.1:${await listen(proxy)}`
    const resolveHost = async (host: string) => [
      { address: host.includes('private') ? '10.0.0.1' : '203.0.113.9', family: 4 },
    ]
    const noProxy = ['.inside.example', 'exact.example:8443']
    const { fetch } = egress({ proxyUrl, noProxy, resolveHost })
    for (const url of ['https://private.inside.example/', 'https://inside.example/', 'https://exact.example:8443/'])
      assert.match((await refusal(fetch(url))).reason, /not public/)
    assert.deepEqual(asked, [])
    await refusal(egress({ proxyUrl, noProxy: ['*'], resolveHost }).fetch('https://private.example/'))
    assert.deepEqual(asked, [])
  })

  it('does not ask the proxy for a name that leads inside from here', async () => {
    const asked: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '')
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    const proxyUrl = `http://127.0.0.1:${await listen(proxy)}`
    const answers: Record<string, string[]> = {
      'mixed.example': ['8.8.8.8', '127.0.0.1'],
      'public.example': ['8.8.8.8'],
    }
    const resolveHost = async (host: string) => (answers[host] ?? []).map((address) => ({ address, family: 4 }))
    const { fetch } = egress({ proxyUrl, resolveHost })
    assert.match((await refusal(fetch('https://mixed.example/'))).reason, /not public/)
    await refusal(fetch('https://public.example/'))
    await refusal(fetch('https://known-to-the-proxy-only.example/'))
    assert.deepEqual(asked, ['public.example:443', 'known-to-the-proxy-only.example:443'])
  })

  it('asks the proxy for a tunnel, reaches listed hosts directly, and refuses private literals', async () => {
    const asked: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '')
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    const proxyPort = await listen(proxy)
    const port = await serve((_, response) => response.end('direct'))
    const { fetch } = egress({ allowPrivateHosts: [`127.0.0.1:${port}`], proxyUrl: `http://127.0.0.1:${proxyPort}` })
    assert.equal((await refusal(fetch('https://api.example.com/'))).mayHaveArrived, false)
    await refusal(fetch('https://127.0.0.1/'))
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'direct')
    assert.deepEqual(asked, ['api.example.com:443'])
  })
})

describe('egress to this very machine', () => {
  it('goes to loopback by plain http when the caller may, and only then', async () => {
    const port = await serve((_, response) => response.end('here'))
    const { fetch } = egress()
    for (const host of ['127.0.0.1', 'localhost', 'anything.localhost']) {
      const resolved = egress({ resolveHost: async () => [{ address: '127.0.0.1', family: 4 }] })
      const answer = await resolved.fetch(`http://${host}:${port}/`, { loopback: true })
      assert.equal(await answer.text(), 'here')
      await refusal(fetch(`http://${host}:${port}/`))
    }
  })

  it('goes nowhere else that is private, whatever the name resolves to', async () => {
    const port = await serve((_, response) => response.end('here'))
    const { fetch } = egress()
    for (const url of [`http://10.0.0.1/`, 'https://192.168.0.1/', 'http://example.com/', 'http://169.254.169.254/'])
      await refusal(fetch(url, { loopback: true }))
    const rebound = egress({ resolveHost: async () => [{ address: '127.0.0.1', family: 4 }] })
    const { reason } = await refusal(rebound.fetch(`https://example.com:${port}/`, { loopback: true }))
    assert.match(reason, /not public/)
    const astray = egress({ resolveHost: async () => [{ address: '10.0.0.1', family: 4 }] })
    assert.match(
      (await refusal(astray.fetch('http://localhost/', { loopback: true }))).reason,
      /not a loopback address/,
    )
  })
})

describe('egress says beforehand', () => {
  const asked = async (url: string, options?: Partial<EgressOptions>, loopback = false) =>
    egress(options).refusal(new URL(url), { loopback })
  const resolvesTo = (...addresses: string[]): Partial<EgressOptions> => ({
    resolveHost: async () => addresses.map((address) => ({ address, family: 4 })),
  })

  it('nothing against a public address, a listed host, or a name that does not resolve now', async () => {
    assert.equal(await asked('https://8.8.8.8/'), null)
    assert.equal(await asked('https://example.com/', resolvesTo('8.8.8.8')), null)
    assert.equal(await asked('http://10.0.0.1:81/', { allowPrivateHosts: ['10.0.0.1:81'] }), null)
    assert.equal(
      await asked('https://example.com/', { resolveHost: async () => Promise.reject(new Error('no')) }),
      null,
    )
    assert.equal(await asked('http://localhost:3000/', {}, true), null)
  })

  it('why it would not go to any other', async () => {
    assert.match(String(await asked('http://example.com/')), /https/)
    assert.match(String(await asked('http://localhost:3000/')), /https/)
    assert.match(String(await asked('https://user@example.com/')), /user name/)
    assert.match(String(await asked('https://10.0.0.1/')), /not public/)
    assert.match(String(await asked('https://example.com/', resolvesTo('8.8.8.8', '10.0.0.1'))), /not public/)
    assert.match(String(await asked('https://localhost/', resolvesTo('127.0.0.1'))), /not public/)
  })
})

describe('egress cuts a long answer when the caller wants its beginning', () => {
  it('as it came, without an encoding', async () => {
    const port = await serve((request, response) => {
      assert.equal(request.headers['accept-encoding'], 'identity')
      response.writeHead(200, { 'content-encoding': 'gzip' })
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(100_000)));
        if (!response.destroyed) response.once('drain', pour)
      }
      pour()
    })
    const answer = await allowing(port).fetch(`http://127.0.0.1:${port}/`, { maxBodyBytes: 1000, truncateBody: true })
    assert.equal(await answer.text(), 'x'.repeat(1000))
  })
})
