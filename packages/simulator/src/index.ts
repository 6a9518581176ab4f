/** Plays the provider side of any app from that app's own definition: consent page, token endpoint, identity, API. */
export type * from './types.ts'
