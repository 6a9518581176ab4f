/**
 * The catalog: how third-party services authenticate, as data. One file an app in `apps/`, the same format operators use
 * for their own. No network, no database.
 */
export * from './auth-params.ts'
export { type BrowserScheme, isGrantedInBrowser } from './browser-grant.ts'
export { aroundInHost, type CheckedParams, checkParams, type ParamProblem } from './expected-params.ts'
export { type AppHooks, hooksOf } from './hooks.ts'
export { appJsonSchema } from './json-schema.ts'
export { type Catalog, loadCatalog, readDefinition, readDefinitions } from './load.ts'
export { appLogo } from './logo.ts'
export { groupIn, matchesPattern } from './pattern.ts'
export { type DefinitionProblem, definitionProblems } from './problems.ts'
export * from './schema.ts'
export * from './signing/callback.ts'
export * from './signing/oauth1.ts'
export { type AwsRequest, awsSignatureHeaders } from './signing/sigv4.ts'
export * from './template.ts'
