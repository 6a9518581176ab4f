import { type AppDefinition, isMachine, type ServiceAccountScheme } from '@holdfast/catalog'
import { type Address, assetsPath } from './address.ts'
import { type CallParts, findCredential } from './credential.ts'
import { agrees, createGrants, hashOf } from './grants.ts'
import { fillPaths, type PathValue } from './json-path.ts'
import { checkAssertion, sendsJwt } from './machine.ts'
import { OAuthError } from './oauth-error.ts'
import { type Person, people, personById } from './people.ts'
import { type ApiRoute, apiRoutes } from './routes.ts'
import { isSigning, signedProof } from './signed-call.ts'
import { learnedValue, successMark } from './token-answer.ts'
import type { SimulatorOptions } from './types.ts'

type Verdict = { outcome: 'accepted'; person: Person } | { outcome: 'refused' | 'unreachable' }

/**
 * The app's API: whoever has a good credential gets an answer that says what was called, with the identity and learned
 * values filled in where the app's own calls look for them.
 * @returns Undefined for an address that is not the app's.
 */
export async function handleApiCall(
  options: SimulatorOptions,
  app: AppDefinition,
  address: Address,
  request: Request,
): Promise<Response | undefined> {
  const routes = apiRoutes(app, address, request.method)
  if (routes.length === 0) return undefined
  const parts = await callParts(request.clone())
  let worst: 'refused' | 'unreachable' = 'refused'
  for (const route of routes) {
    const verdict = await judge(options, app, address, route, parts, request)
    if (verdict.outcome === 'accepted') return accepted(options, app, address, request.method, route, verdict.person)
    if (verdict.outcome === 'unreachable') worst = 'unreachable'
  }
  return worst === 'unreachable' ? unreachable() : refused(app)
}

/** OAuth tokens are looked up; any key is good unless it says of itself that it is not. */
async function judge(
  options: SimulatorOptions,
  app: AppDefinition,
  address: Address,
  route: ApiRoute,
  parts: CallParts,
  request: Request,
): Promise<Verdict> {
  if (isSigning(route.scheme)) {
    const proof = await signedProof(options, route.scheme, address, route.values, request)
    if (!proof) return { outcome: 'refused' }
    return 'grantToken' in proof ? judgeToken(options, app, address, route, proof.grantToken) : judgeKeys(proof.keys)
  }
  const credential = findCredential(route.scheme, parts)
  if (!credential) return { outcome: 'refused' }
  const token = credential.access_token ?? ''
  if (sendsJwt(route.scheme)) return judgeJwt(options, route.scheme, token)
  if (route.scheme.scheme === 'OAUTH2' || isMachine(route.scheme))
    return judgeToken(options, app, address, route, token)
  const inAddress = route.scheme.params.filter(({ role, name }) => role === 'credential' && name in route.values)
  return judgeKeys([...Object.values(credential), ...inAddress.map(({ name }) => route.values[name] ?? '')])
}

function judgeJwt(options: SimulatorOptions, { assertion }: ServiceAccountScheme, jwt: string): Verdict {
  try {
    return judgeKeys(Object.values(checkAssertion(jwt, assertion, options.clock.now().getTime())))
  } catch (error) {
    if (error instanceof OAuthError) return { outcome: 'refused' }
    throw error
  }
}

function judgeKeys(values: string[]): Verdict {
  if (values.some((value) => value.includes('unreachable'))) return { outcome: 'unreachable' }
  // A token of the simulator is no key: else a revoked one would be taken for a key that stands in the same place.
  if (values.some((value) => value.includes('invalid') || /(?:^|\s)sim-(?:at|rt|code)-/.test(value)))
    return { outcome: 'refused' }
  return { outcome: 'accepted', person: people[0] }
}

async function judgeToken(
  options: SimulatorOptions,
  app: AppDefinition,
  address: Address,
  route: ApiRoute,
  token: string,
): Promise<Verdict> {
  const grant = (await createGrants(options.records).findByToken(token))?.grant
  const issued = grant?.accessTokens.find(({ hash }) => hash === hashOf(token))
  if (!grant || !issued || grant.revoked) return { outcome: 'refused' }
  if (grant.projectId !== address.projectId || grant.appKey !== app.key) return { outcome: 'refused' }
  if (!agrees(grant.values, route.values)) return { outcome: 'refused' }
  if (issued.expiresAt !== null && issued.expiresAt <= options.clock.now().getTime()) return { outcome: 'refused' }
  return { outcome: 'accepted', person: personById(grant.personId) }
}

function accepted(
  options: SimulatorOptions,
  app: AppDefinition,
  address: Address,
  method: string,
  route: ApiRoute,
  person: Person,
): Response {
  const avatar = `${options.baseUrl}${assetsPath}${person.avatarFile}`
  const { identity } = route
  const values: PathValue[] = []
  if (identity) {
    const facts = { id: person.id, name: person.name, email: person.email, avatar }
    // Where two of them share a path the later wins: an id that is the email address is the email address.
    for (const name of ['id', 'name', 'email', 'avatar'] as const) {
      const path = identity[name]
      if (path !== undefined) values.push([path, facts[name]])
    }
  }
  for (const param of route.learned) values.push([param.path, learnedValue(app, param, person)])
  const body = fillPaths([...values, ...successMark(app, true)])
  const account = { id: person.id, name: person.name, email: person.email }
  const echo = { simulated: true, app: app.key, method, path: address.path, account }
  const answer = Array.isArray(body) ? body : { ...echo, ...body }
  return Response.json(answer, { headers: apiHeaders })
}

const apiHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

function refused(app: AppDefinition): Response {
  const mark = fillPaths(successMark(app, false))
  const body = {
    simulated: true,
    ...mark,
    error: 'invalid_token',
    message: 'The credential is missing or not accepted.',
  }
  return Response.json(body, {
    status: 401,
    headers: { ...apiHeaders, 'www-authenticate': 'Bearer error="invalid_token"' },
  })
}

const unreachable = (): Response =>
  Response.json(
    { simulated: true, error: 'unavailable', message: 'The credential asks for an app that can not be reached.' },
    { status: 503, headers: apiHeaders },
  )

export const callParts = async (request: Request): Promise<CallParts> => ({
  headers: request.headers,
  query: new URL(request.url).searchParams,
  body: await bodyFields(request),
})

/** The top-level text fields of a form or JSON body; a credential may stand among them. */
async function bodyFields(request: Request): Promise<Record<string, string>> {
  const type = request.headers.get('content-type') ?? ''
  const text = request.body === null ? '' : await request.text()
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text))
  if (!type.includes('json')) return {}
  try {
    const value: unknown = JSON.parse(text)
    const fields = typeof value === 'object' && value !== null ? Object.entries(value) : []
    return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === 'string'))
  } catch {
    return {}
  }
}
