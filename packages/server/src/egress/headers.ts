const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
/** Printable ASCII without edge blanks: HTTP libraries trim or pass on what else there may be, each in its own way. */
const headerValue = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/

/** Headers that frame the message or name its target; the HTTP client sets them (RFC 9110 §7.6.1, RFC 9112 §6). */
const framing = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * @returns The headers with lower-case names; of two spellings the later wins.
 * @throws {Error} naming the header, never its value.
 */
export function checkedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {}
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase()
    if (!headerName.test(name)) throw new Error('a header name has a character that is not allowed')
    if (framing.has(name)) throw new Error(`the header ${name} is set by the HTTP client`)
    if (!headerValue.test(value))
      throw new Error(`the value of the header ${name} is not printable ASCII without blanks around it`)
    checked[name] = value
  }
  return checked
}
