/** What the errors of a failed connection say, from the outermost to the one that began it. */
function* chain(error: unknown): Generator<Error> {
  let current = error
  while (current instanceof Error) {
    yield current
    current = current instanceof AggregateError && current.errors.length > 0 ? current.errors[0] : current.cause
  }
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such name in DNS',
  EAI_AGAIN: 'DNS did not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was cut',
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its TLS certificate comes from an authority this machine does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its TLS certificate comes from an authority this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its TLS certificate comes from an authority this machine does not know',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another name',
}

export interface Failure {
  /** In a few words. */
  why: string
  kind: 'name' | 'certificate' | 'blocked' | 'other'
}

export function failureOf(error: unknown): Failure {
  const errors = [...chain(error)]
  const code = errors.map(codeOf).findLast((candidate) => candidate !== undefined && candidate in words)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { why: words[code] as string, kind: 'name' }
  if (code !== undefined)
    return { why: words[code] as string, kind: /CERT|TLS|SIGNATURE/.test(code) ? 'certificate' : 'other' }
  const innermost = errors.at(-1)?.message ?? String(error)
  return { why: innermost, kind: /not (?:a )?public|only https/.test(innermost) ? 'blocked' : 'other' }
}

const codeOf = (error: Error) => {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : undefined
}
