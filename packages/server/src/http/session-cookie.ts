import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { NewSession } from '../operators/types.ts'
import type { ApiEnv } from './context.ts'

/**
 * The cookie of a signed-in operator. `__Host-` keeps neighbours on the domain from setting it (RFC 6265bis §4.1.3.2), and
 * is only possible over TLS.
 */
const nameAt = (baseUrl: string) => (isSecure(baseUrl) ? '__Host-hf-session' : 'hf-session')

const isSecure = (baseUrl: string) => baseUrl.startsWith('https:')

const longestToken = 100

export function sessionTokenOf(c: Context<ApiEnv>, baseUrl: string): string | undefined {
  const token = getCookie(c, nameAt(baseUrl))
  return token === undefined || token === '' || token.length > longestToken ? undefined : token
}

export const setSession = (c: Context<ApiEnv>, baseUrl: string, { token, expiresAt }: NewSession, now: Date): void =>
  setCookie(c, baseUrl, token.reveal(), Math.floor((expiresAt.getTime() - now.getTime()) / 1000))

export const clearSession = (c: Context<ApiEnv>, baseUrl: string): void => setCookie(c, baseUrl, '', 0)

function setCookie(c: Context<ApiEnv>, baseUrl: string, value: string, maxAgeSeconds: number): void {
  const secure = isSecure(baseUrl) ? '; Secure' : ''
  const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`
  c.header('set-cookie', `${nameAt(baseUrl)}=${value}; ${attributes}`, { append: true })
}
