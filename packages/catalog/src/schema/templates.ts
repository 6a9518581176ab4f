import type { Call, RevocationCall } from './calls.ts'
import type { TokenCall } from './machine.ts'
import { type AuthScheme, endpointsOf, integrationParamsOf, learnedParamsOf } from './schemes.ts'
import type { AppShape, Path } from './types.ts'

/** Names that templates may use beside the params of the scheme; `access_token` and `client_id` not with every scheme. */
export const builtInNames = ['access_token', 'client_id', 'app_name', 'app_contact'] as const

/** A template with where it stands and the names that have a value by the time it is filled. */
export interface Template {
  path: Path
  text: string
  known: ReadonlySet<string>
}

export const revocationCall = (scheme: AuthScheme): RevocationCall | undefined =>
  scheme.scheme === 'OAUTH2' ? scheme.revocationCall : undefined

/** The built-in names that a scheme knows, and its params may not take. */
export function ownNames(scheme: AuthScheme): string[] {
  const always = ['app_name', 'app_contact']
  switch (scheme.scheme) {
    case 'OAUTH2':
      return [
        ...always,
        'client_id',
        'access_token',
        ...(scheme.revocationCall ? ['token'] : []),
        ...(scheme.longLivedExchange ? ['client_secret'] : []),
      ]
    case 'SERVICE_ACCOUNT':
      return [...always, 'access_token', 'jwt', 'public_key_fingerprint']
    case 'S2S_OAUTH2':
    case 'BASIC_WITH_JWT':
    case 'GOOGLE_SERVICE_ACCOUNT':
      return [...always, 'access_token']
    default:
      return always
  }
}

/** All calls made for one scheme; its own replace the app's. */
export function calls(app: AppShape, scheme: AuthScheme, at: Path): [Path, Pick<Call, 'url' | 'headers'>][] {
  const found: [Path, Pick<Call, 'url' | 'headers'>][] = []
  for (const field of ['testCall', 'identity'] as const) {
    if (scheme[field]) found.push([[...at, field], scheme[field]])
    else if (app[field]) found.push([[field], app[field]])
  }
  for (const [index, param] of learnedParamsOf(scheme).entries())
    if (param.call) found.push([[...at, 'learnedParams', index, 'call'], param.call])
  const revocation = revocationCall(scheme)
  if (revocation) found.push([[...at, 'revocationCall'], revocation])
  return found
}

/** Every template that is filled for one scheme. */
export function templates(app: AppShape, scheme: AuthScheme, at: Path): Template[] {
  const typed = ['app_name', 'app_contact', ...scheme.params.map((param) => param.name)]
  const settings = integrationParamsOf(scheme).map((param) => param.name)
  const early = new Set([...typed, ...settings, ...(scheme.scheme === 'OAUTH2' ? ['client_id'] : [])])
  const learned = learnedParamsOf(scheme)
  const called = early.union(new Set(learned.filter(({ from }) => from === 'callback').map(({ name }) => name)))
  const late = early.union(new Set(learned.map(({ name }) => name)))
  if (ownNames(scheme).includes('access_token')) late.add('access_token')
  // The token that is given back is {token}, whatever its kind; what it proves goes into the places of `send`.
  const revoking = late.difference(new Set(['access_token']))
  const found: Template[] = []
  const add = (path: Path, text: string | undefined, known: ReadonlySet<string>) => {
    if (text !== undefined) found.push({ path, text, known })
  }
  const addAll = (path: Path, texts: Readonly<Record<string, string>> | undefined, known: ReadonlySet<string>) => {
    for (const [name, text] of Object.entries(texts ?? {})) add([...path, name], text, known)
  }
  const addTexts = (path: Path, value: unknown, known: ReadonlySet<string>) => {
    if (typeof value === 'string') add(path, value, known)
    else if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value)) addTexts([...path, name], item, known)
  }
  const addTokenCall = (path: Path, call: TokenCall, known: ReadonlySet<string>) => {
    add([...path, 'url'], call.url, known)
    addAll([...path, 'headers'], call.headers, known)
    addAll([...path, 'basic'], call.basic, known)
    addTexts([...path, 'body'], call.body, known)
  }

  add(scheme.baseUrl === undefined ? ['baseUrl'] : [...at, 'baseUrl'], scheme.baseUrl ?? app.baseUrl, late)
  addAll(['headers'], app.headers, late)
  addAll(['query'], app.query, late)
  const revocation = revocationCall(scheme)
  for (const [path, call] of calls(app, scheme, at)) {
    add([...path, 'url'], call.url, call === revocation ? revoking.union(new Set(['token'])) : late)
    addAll([...path, 'headers'], call.headers, call === revocation ? revoking : late)
  }
  if ('send' in scheme)
    for (const [index, placement] of scheme.send.entries()) add([...at, 'send', index, 'value'], placement.value, late)

  switch (scheme.scheme) {
    case 'OAUTH2': {
      for (const { path, url } of endpointsOf(scheme)) {
        const field = path.join('.')
        if (field === 'authorizationEndpoint' || field === 'deviceAuthorizationEndpoint')
          add([...at, field], url, early)
        else if (field === 'tokenEndpoint' || field === 'refreshEndpoint') add([...at, field], url, called)
        else if (field === 'revocationEndpoint') add([...at, field], url, late)
      }
      for (const field of ['authorizationParams', 'callbackParams'] as const)
        addAll([...at, field], scheme[field], early)
      addAll([...at, 'tokenParams'], scheme.tokenParams, called)
      addAll([...at, 'refreshParams'], scheme.refreshParams, late)
      addAll([...at, 'tokenRequestHeaders'], scheme.tokenRequestHeaders, called)
      addAll([...at, 'revocationCall', 'body'], revocation?.body, revoking.union(new Set(['token'])))
      const exchange = scheme.longLivedExchange
      const exchanging = called.union(new Set(['access_token', 'client_secret']))
      add([...at, 'longLivedExchange', 'url'], exchange?.url, called)
      addAll([...at, 'longLivedExchange', 'params'], exchange?.params, exchanging)
      break
    }
    case 'OAUTH1':
      for (const { path, url } of endpointsOf(scheme)) add([...at, ...path], url, early)
      for (const field of ['requestTokenParams', 'authorizationParams', 'tokens'] as const)
        addAll([...at, field], scheme[field], early)
      add([...at, 'realm'], scheme.realm, early)
      break
    case 'API_KEY':
      addAll([...at, 'signing'], scheme.signing, early)
      break
    case 'BASIC':
      addAll([...at, 'basic'], scheme.basic, early)
      break
    case 'S2S_OAUTH2':
      add([...at, 'tokenEndpoint'], scheme.tokenEndpoint, early)
      addAll([...at, 'client'], scheme.client, early)
      addAll([...at, 'tokenParams'], scheme.tokenParams, early)
      addAll([...at, 'tokenRequestHeaders'], scheme.tokenRequestHeaders, early)
      break
    case 'BASIC_WITH_JWT':
      addTokenCall([...at, 'login'], scheme.login, early)
      break
    case 'SERVICE_ACCOUNT': {
      const signing = early.union(new Set(['public_key_fingerprint']))
      addAll([...at, 'assertion', 'header'], scheme.assertion.header, signing)
      addAll([...at, 'assertion', 'claims'], scheme.assertion.claims, signing)
      if (scheme.tokenRequest) addTokenCall([...at, 'tokenRequest'], scheme.tokenRequest, early.union(new Set(['jwt'])))
      break
    }
    case 'GOOGLE_SERVICE_ACCOUNT':
      add([...at, 'tokenEndpoint'], scheme.tokenEndpoint, early)
      break
  }
  return found
}
