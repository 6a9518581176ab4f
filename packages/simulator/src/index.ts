/**
 * The simulator: plays the provider's side of any app from that app's own definition: consent page, token endpoint,
 * revocation, identity, API. It keeps its state in the records it is given and never goes to the network.
 */
export * from './memory-records.ts'
export { createSimulator } from './simulator.ts'
export type * from './types.ts'
