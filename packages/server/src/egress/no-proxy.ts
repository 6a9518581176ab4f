/**
 * Whether the operator's `NO_PROXY` sends calls to this host past the proxy. An entry is `*`, or a host (`example.com`,
 * `.example.com`, `*.example.com`: itself and all below it), with a port or without.
 */
export function isPastProxy(entries: readonly string[], host: string, port: string): boolean {
  return entries.some((entry) => {
    const name = entry.toLowerCase().replace(/^\*?\./, '')
    return entry === '*' || [host, `${host}:${port}`].some((own) => own === name || own.endsWith(`.${name}`))
  })
}
