/**
 * Whether a POST came from a page of ours. This is what keeps the click a click: without it any site could submit the
 * form of a link it knows and bind the visitor's browser to a flow that somebody else began.
 *
 * Browsers always name the origin of a cross-site POST, so a request that says nothing comes from a script without a
 * browser, which carries nobody's cookies. `null` is the origin of sandboxed frames; it passes only where Fetch
 * Metadata, which pages cannot forge, vouches for it.
 */
export function isOwnRequest(
  headers: { origin: string | undefined; secFetchSite: string | undefined },
  ownOrigin: string,
): boolean {
  const { origin, secFetchSite } = headers
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none') return false
  if (origin === undefined || origin === ownOrigin) return true
  return origin === 'null' && secFetchSite === 'same-origin'
}

/** Browsers that fetch ahead of a click say so; what they fetch must not use anything up. */
export function isPrefetch(header: (name: string) => string | undefined): boolean {
  return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) => /prefetch|preview/i.test(header(name) ?? ''))
}
