import { AppDefinition, type AppDefinitionInput, type OAuth2Scheme } from '@holdfast/catalog'
import type { FetchInit } from '../../egress/types.ts'
import { Secret } from '../../secret.ts'
import type { OAuthProvider } from '../types.ts'

/** One request as the provider got it. */
export interface Asked extends FetchInit {
  url: string
  headers: Record<string, string>
}

export type Answer = (asked: Asked) => Response | Promise<Response>

type SchemeInput = Partial<Extract<AppDefinitionInput['authSchemes'][number], { scheme: 'OAUTH2' }>>

/**
 * A provider whose every answer the test gives.
 *
 * @param scheme Fields that differ from a plain OAuth 2 scheme at `acme.test`.
 */
export function fakeProvider(
  answer: Answer,
  scheme: SchemeInput = {},
  app: Partial<AppDefinitionInput> = {},
  more: Partial<Pick<OAuthProvider, 'values' | 'client' | 'resolve' | 'now'>> = {},
): { provider: OAuthProvider; asked: Asked[] } {
  const definition = AppDefinition.parse({
    key: 'acme',
    name: 'Acme',
    baseUrl: 'https://api.acme.test/v1',
    ...app,
    authSchemes: [
      {
        scheme: 'OAUTH2',
        label: 'OAuth',
        authorizationEndpoint: 'https://acme.test/authorize',
        tokenEndpoint: 'https://acme.test/token',
        ...scheme,
      },
    ],
  })
  const asked: Asked[] = []
  const provider: OAuthProvider = {
    app: definition,
    scheme: definition.authSchemes[0] as OAuth2Scheme,
    values: {},
    resolve: (url) => url,
    client: { clientId: 'client-1', clientSecret: new Secret('client.secret~1') },
    fetch: async (url, init = {}) => {
      const one = { ...init, url: String(url), headers: init.headers ?? {} }
      asked.push(one)
      return answer(one)
    },
    ...more,
  }
  return { provider, asked }
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
