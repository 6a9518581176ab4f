import type { AuthScheme, OAuth1Scheme, OAuth2Scheme } from './schema.ts'

/** A scheme in which a person grants access at the app's own pages, to an OAuth client that the operator registered. */
export type BrowserScheme = OAuth2Scheme | OAuth1Scheme

/** OAuth 1 tokens may also be made by hand: then there is nobody to ask. */
export const isGrantedInBrowser = (scheme: AuthScheme): scheme is BrowserScheme =>
  scheme.scheme === 'OAUTH2' || (scheme.scheme === 'OAUTH1' && scheme.tokens === undefined)
