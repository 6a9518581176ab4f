/** For tests: a simulator with a clock of its own, and a client that walks the code flow through the public door. */
import { createHash } from 'node:crypto'
import { AppDefinition, type AppDefinitionInput, type OAuth2Scheme, renderText, renderUrl } from '@holdfast/catalog'
import { createMemoryRecords, createSimulator } from './index.ts'
import type { SimulatorRecords } from './types.ts'

export const baseUrl = 'http://127.0.0.1:4280'
export const callback = `${baseUrl}/oauth/callback/int_1`
export const readyClient = { clientId: 'ready-client', clientSecret: 'ready+secret/ä:%' }
export const codeVerifier = 'v'.repeat(64)
export const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')

export type OAuth2Input = Extract<AppDefinitionInput['authSchemes'][number], { scheme: 'OAUTH2' }>

/** An app that keeps to the RFCs; `oauth` changes its OAuth side, `app` the rest. */
export function acme(oauth: Partial<OAuth2Input> = {}, app: Partial<AppDefinitionInput> = {}): AppDefinition {
  return AppDefinition.parse({
    key: 'acme',
    name: 'Acme',
    baseUrl: 'https://api.acme.example/v1',
    identity: { url: '/me', id: 'data.id', name: 'data.name', email: 'data.email', avatar: 'data.picture' },
    testCall: { url: '/ping' },
    authSchemes: [
      {
        scheme: 'OAUTH2',
        label: 'Sign in',
        authorizationEndpoint: 'https://acme.example/oauth/authorize',
        tokenEndpoint: 'https://acme.example/oauth/token',
        revocationEndpoint: 'https://acme.example/oauth/revoke',
        ...oauth,
      },
    ],
    ...app,
  })
}

export interface Tokens {
  access_token: string
  refresh_token?: string
  expires_in?: number
  scope?: string
}

export function startSimulator(app: AppDefinition, records: SimulatorRecords | undefined = undefined) {
  let now = Date.parse('2026-11-22T12:00:00Z')
  const slept: number[] = []
  const clock = {
    now: () => new Date(now),
    sleep: async (ms: number) => {
      slept.push(ms)
      now += ms
    },
  }
  const simulator = createSimulator({
    findApp: async (projectId, appKey) => (projectId.startsWith('prj_') && appKey === app.key ? app : undefined),
    records: records ?? createMemoryRecords(clock.now),
    clock,
    baseUrl,
    readyClient,
  })
  const scheme = app.authSchemes.find((each) => each.scheme === 'OAUTH2') as OAuth2Scheme
  const at = (url: string | URL, projectId = 'prj_1') => simulator.resolve(projectId, app.key, new URL(url))
  const get = (url: URL, headers: Record<string, string> = {}) => simulator.fetch(new Request(url, { headers }))

  /** The authorization request as the engine would make it; `changes` sets parameters, or takes them away with `null`. */
  const authorizeUrl = (changes: Record<string, string | null> = {}, values: Record<string, string> = {}): URL => {
    const url = at(renderUrl(scheme.authorizationEndpoint, values))
    const params: Record<string, string | null> = {
      response_type: 'code',
      client_id: readyClient.clientId,
      redirect_uri: callback,
      state: 'st-1',
      ...(scheme.codeChallengeMethod === 'S256' && { code_challenge: codeChallenge, code_challenge_method: 'S256' }),
      ...changes,
    }
    for (const [name, value] of Object.entries(params)) if (value !== null) url.searchParams.set(name, value)
    return url
  }

  /** Approves by flag. @returns The query of the way back. */
  const approve = async (changes: Record<string, string | null> = {}, values: Record<string, string> = {}) => {
    const response = await get(authorizeUrl({ simulator: 'approve', ...changes }, values))
    return new URL(response.headers.get('location') ?? 'about:blank').searchParams
  }

  /** A token call with client authentication and format as the definition says. `null` leaves a field out. */
  const callToken = (
    fields: Record<string, string | null>,
    options: {
      values?: Record<string, string>
      url?: string
      client?: { clientId: string; clientSecret: string }
    } = {},
  ): Promise<Response> => {
    const client = options.client ?? readyClient
    const headers: Record<string, string> = { accept: 'application/json' }
    const body: Record<string, string> = {}
    if (scheme.tokenEndpointAuthMethod === 'client_secret_basic') {
      const [id, secret] = [client.clientId, client.clientSecret].map((half) =>
        new URLSearchParams({ half }).toString().slice('half='.length),
      )
      headers.authorization = `Basic ${btoa(`${id}:${secret}`)}`
    } else {
      body.client_id = client.clientId
      if (scheme.tokenEndpointAuthMethod === 'client_secret_post') body.client_secret = client.clientSecret
    }
    for (const [name, value] of Object.entries(fields)) if (value !== null) body[name] = value
    const refreshes = fields.grant_type === 'refresh_token'
    const template = (refreshes ? scheme.refreshEndpoint : undefined) ?? scheme.tokenEndpoint
    const asJson = scheme.tokenRequestFormat === 'json'
    headers['content-type'] = asJson ? 'application/json' : 'application/x-www-form-urlencoded'
    return simulator.fetch(
      new Request(at(options.url ?? renderUrl(template, options.values ?? {})), {
        method: 'POST',
        headers,
        body: asJson ? JSON.stringify(body) : new URLSearchParams(body).toString(),
      }),
    )
  }

  const redeem = (
    code: string,
    changes: Record<string, string | null> = {},
    options: Parameters<typeof callToken>[1] = {},
  ) =>
    callToken(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: callback,
        code_verifier: scheme.codeChallengeMethod === 'S256' ? codeVerifier : null,
        ...changes,
      },
      options,
    )

  const refresh = (refreshToken: string, options: Parameters<typeof callToken>[1] = {}) =>
    callToken({ grant_type: 'refresh_token', refresh_token: refreshToken }, options)

  /** Approve and redeem; for apps whose token answer is that of RFC 6749. */
  const connect = async (changes: Record<string, string | null> = {}): Promise<Tokens> => {
    const response = await redeem((await approve(changes)).get('code') ?? '')
    return (await response.json()) as Tokens
  }

  /** Calls an API address with the credential placed as the scheme says. */
  const callApi = (url: string, accessToken: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    for (const placement of scheme.send)
      headers.set(placement.name, renderText(placement.value, { access_token: accessToken }))
    return simulator.fetch(new Request(at(url), { ...init, headers }))
  }

  return {
    simulator,
    scheme,
    at,
    get,
    authorizeUrl,
    approve,
    callToken,
    redeem,
    refresh,
    connect,
    callApi,
    slept,
    pass: (seconds: number) => {
      now += seconds * 1000
    },
  }
}
