/**
 * The catalog: how third-party services authenticate, as data. One file an app in `apps/`, the same format operators use
 * for their own. No network, no database.
 */

export * from './auth-params.ts'
export { type Catalog, loadCatalog } from './load.ts'
export * from './schema.ts'
export * from './template.ts'
