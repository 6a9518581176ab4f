import type { z } from 'zod'
import { hostOf, pathOf, templateNames } from '../template.ts'
import type { RevocationCall } from './calls.ts'
import type { ClientCredentialsScheme } from './machine.ts'
import type { OAuth2Scheme } from './oauth2.ts'
import type { Param } from './params.ts'
import { type AuthScheme, integrationParamsOf, learnedParamsOf } from './schemes.ts'
import { calls, ownNames, templates } from './templates.ts'
import type { AppShape, Path, Report } from './types.ts'

/** The rules that tie the fields of a definition together. */
export function checkSchemes(app: AppShape, context: z.RefinementCtx) {
  const report: Report = (path, message) => context.addIssue({ code: 'custom', path, message })
  const seen = new Set<string>()
  if (app.baseUrl?.includes('?')) report(['baseUrl'], 'has no query')
  app.authSchemes.forEach((scheme, index) => {
    const at = ['authSchemes', index]
    const reportHere: Report = (path, message) => report([...at, ...path], message)
    if (seen.has(scheme.scheme)) reportHere(['scheme'], `${scheme.scheme} is given twice`)
    seen.add(scheme.scheme)
    if (scheme.baseUrl?.includes('?')) reportHere(['baseUrl'], 'has no query')
    checkNames(scheme, reportHere)
    checkParamsUsed(scheme, reportHere)
    if ('tokenResponse' in scheme) checkKept(scheme.tokenResponse.keep, reportHere)
    if (scheme.scheme === 'OAUTH2') checkOAuth(scheme, reportHere)
    else checkLearnedWithoutCallback(scheme, reportHere)
    if (scheme.scheme === 'S2S_OAUTH2')
      checkReserved('tokenParams', scheme.tokenParams, clientNames(scheme), reportHere)
    checkTemplates(app, scheme, at, report)
  })
}

/** One name, one meaning: params, learned params and built-in names do not overlap. */
function checkNames(scheme: AuthScheme, report: Report) {
  const taken = new Set<string>(ownNames(scheme))
  const take = (name: string, path: Path) => {
    if (taken.has(name)) report(path, `${name} is already the name of another value`)
    taken.add(name)
  }
  for (const [index, param] of scheme.params.entries()) take(param.name, ['params', index, 'name'])
  for (const [index, param] of integrationParamsOf(scheme).entries())
    take(param.name, ['integrationParams', index, 'name'])
  for (const [index, param] of learnedParamsOf(scheme).entries()) take(param.name, ['learnedParams', index, 'name'])
}

/** Fields that name a param must name one that the person is asked for. */
function checkParamsUsed(scheme: AuthScheme, report: Report) {
  const typed = new Set(scheme.params.map((param) => param.name))
  const uses = (name: string | undefined, ...path: Path) => {
    if (name !== undefined && !typed.has(name)) report(path, `${name} is no param of ${scheme.scheme}`)
  }
  if (scheme.scheme === 'SERVICE_ACCOUNT') uses(scheme.assertion.key, 'assertion', 'key')
  if (scheme.scheme !== 'GOOGLE_SERVICE_ACCOUNT') return
  uses(scheme.keyFile, 'keyFile')
  uses(scheme.subject, 'subject')
  uses(scheme.scopesParam, 'scopesParam')
}

function checkKept(keep: readonly string[], report: Report) {
  const kept = keep.map((path) => path.split('.').at(-1))
  for (const [index, name] of kept.entries())
    if (kept.indexOf(name) !== index) report(['tokenResponse', 'keep', index], `${name} is the last part of two paths`)
}

function checkLearnedWithoutCallback(scheme: AuthScheme, report: Report) {
  for (const [index, param] of learnedParamsOf(scheme).entries())
    if (param.from === 'callback' && scheme.scheme !== 'OAUTH1')
      report(['learnedParams', index, 'from'], `${scheme.scheme} has no callback`)
}

function checkOAuth(scheme: OAuth2Scheme, report: Report) {
  const { parameterNames: names } = scheme
  const client = [names.clientId, names.tokenClientId ?? names.clientId, names.clientSecret]
  // RFC 6749 §4.1.1, RFC 7636 §4.3
  const authorization = [
    'response_type',
    'state',
    'code_challenge',
    'code_challenge_method',
    'redirect_uri',
    'client_id',
  ]
  checkReserved(
    'authorizationParams',
    scheme.authorizationParams,
    [...authorization, ...client, names.redirectUri, 'scope', names.scope, ...scheme.scopes.params],
    report,
  )
  // RFC 6749 §4.1.3, RFC 7636 §4.5
  const token = ['grant_type', 'code', 'redirect_uri', 'client_id', 'client_secret', 'code_verifier']
  const ownToken = [...token, ...client, names.tokenCode, names.redirectUri]
  checkReserved('tokenParams', scheme.tokenParams, ownToken, report)
  // RFC 6749 §6
  const refresh = ['grant_type', 'refresh_token', 'client_id', 'client_secret', ...client]
  const sent = scheme.refreshRequest.tokenParam ?? scheme.refreshRequest.sends
  checkReserved('refreshParams', scheme.refreshParams, [...refresh, sent], report)
  // RFC 6749 §4.1.2, RFC 9207 §2
  checkReserved('callbackParams', scheme.callbackParams, ['code', 'state', 'iss', 'error', names.code], report)
  for (const [index, name] of scheme.callbackKeep.entries())
    if (['code', 'state', 'iss', names.code].includes(name))
      report(['callbackKeep', index], 'is not kept: it is used up')
  if (scheme.revocationCall) checkRevocation(scheme, scheme.revocationCall, report)
}

function checkReserved(
  field: string,
  params: Readonly<Record<string, string>>,
  reserved: readonly string[],
  report: Report,
) {
  for (const name of Object.keys(params))
    if (reserved.includes(name)) report([field, name], 'set by the server; it cannot be overridden')
}

const clientNames = ({ parameterNames: names }: ClientCredentialsScheme) => [
  'grant_type',
  'client_id',
  'client_secret',
  names.clientId,
  names.clientSecret,
]

function checkRevocation(scheme: OAuth2Scheme, call: RevocationCall, report: Report) {
  const at = (field: string) => ['revocationCall', field]
  if (scheme.revocationEndpoint !== undefined) report(['revocationCall'], 'goes without a revocationEndpoint')
  if (call.method === 'GET' && call.body) report(at('body'), 'a GET has no body')
  if (templateNames(hostOf(call.url)).includes('token')) report(at('url'), '{token} is no part of a host')
  if (call.authenticate === 'token') return
  if (scheme.tokenEndpointAuthMethod === 'none') report(at('authenticate'), 'this client has no secret to prove itself')
  if (![call.url, ...Object.values(call.body ?? {})].some((text) => templateNames(text).includes('token')))
    report(at('body'), '{token} must stand in body or url, else the app cannot tell which token is meant')
}

function checkTemplates(app: AppShape, scheme: AuthScheme, at: Path, report: Report) {
  const asked = [...scheme.params, ...integrationParamsOf(scheme)]
  const params = new Map([...asked, ...learnedParamsOf(scheme)].map((param) => [param.name, param]))
  const secret = new Set(asked.filter((param) => param.secret).map((param) => param.name))
  for (const { path, text, known } of templates(app, scheme, at)) {
    for (const name of templateNames(text)) {
      if (!known.has(name))
        report(path, params.has(name) ? `{${name}} is not known yet here` : `{${name}} is no param of ${scheme.scheme}`)
      else if (secret.has(name) && shownToBrowser(path))
        report(path, `{${name}} is secret and the browser would see it`)
    }
    for (const name of templateNames(hostOf(text))) checkHostParam(text, name, params.get(name)?.role, path, report)
    for (const name of /^(https?:\/)?\//.test(text) ? templateNames(pathOf(text)) : [])
      if (params.get(name)?.role === 'value')
        report(path, `{${name}} is part of a path, so its role must be path: then its pattern is a wall`)
  }
  for (const [path, call] of calls(app, scheme, at))
    if (call.url.startsWith('/') && (scheme.baseUrl ?? app.baseUrl) === undefined)
      report([...path, 'url'], 'a path needs a baseUrl')
}

const shownToBrowser = (path: Path) => path.includes('authorizationEndpoint') || path.includes('authorizationParams')

/** Names that nobody can register (RFC 6761), for apps of one's own network and for tests. */
const localSuffix = /\.(?:localhost|test|example|invalid|internal|local)$/

function checkHostParam(url: string, name: string, role: Param['role'] | undefined, path: Path, report: Report) {
  if (role === undefined || role === 'host') return
  if (role !== 'hostLabel') return report(path, `{${name}} is part of a host, so its role must be hostLabel or host`)
  const suffix = hostOf(url).replace(/^.*\}/, '').replace(/:\d+$/, '')
  if (!/\.[a-z0-9-]+\.[a-z0-9-]+$/i.test(suffix) && !localSuffix.test(suffix))
    report(path, `{${name}} must be followed by the domain of the app; a whole host has role host and a pattern`)
}
