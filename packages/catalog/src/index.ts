/**
 * The catalog: how third-party services authenticate, as data. One file an app in `apps/`, the same format operators use
 * for their own. No network, no database.
 */
export * from './schema.ts'
export * from './template.ts'
export { loadCatalog, type Catalog } from './load.ts'
export * from './auth-params.ts'
