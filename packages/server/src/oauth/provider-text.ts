import { basicCredentials } from './client-authentication.ts'
import type { OAuthProvider } from './types.ts'

const maxTextLength = 300
const maxCodeLength = 100

/** Makes text of a provider fit to be shown: one line, capped, without the secrets that were sent to it. */
export interface Cleaner {
  text(text: string): string
  /** An OAuth error code: only the characters RFC 6749 §5.2 allows. */
  code(text: string): string
}

/** @param sent Every secret of the request; a provider may echo what it got, as it is or encoded. */
export function cleanerFor(sent: readonly string[]): Cleaner {
  const needles = [...new Set(sent.filter((secret) => secret !== '').flatMap(spellings))].sort(
    (a, b) => b.length - a.length,
  )
  const redact = (text: string) => needles.reduce((rest, needle) => rest.replaceAll(needle, '[secret]'), text)
  // Redacted before the controls go, and after, since taking them out may put a secret together.
  const clean = (text: string) =>
    redact(
      redact(text)
        .replace(/[\p{C}\p{Z}]+/gu, ' ')
        .trim(),
    )
  return {
    text: (text) => cap(clean(text), maxTextLength),
    code: (text) => cap(clean(text).replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, ''), maxCodeLength),
  }
}

/** The secrets that any request to this provider may carry. */
export function secretsOf({ scheme, values, client }: Pick<OAuthProvider, 'scheme' | 'values' | 'client'>): string[] {
  const typed = [...scheme.params, ...scheme.integrationParams]
    .filter((param) => param.secret)
    .map((param) => values[param.name] ?? '')
  const secret = client.clientSecret?.reveal()
  return secret ? [secret, basicCredentials(client.clientId, secret), ...typed] : typed
}

const spellings = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ '': secret }).toString().slice(1),
  JSON.stringify(secret).slice(1, -1),
]

function cap(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}
