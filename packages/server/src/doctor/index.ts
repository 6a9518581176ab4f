/**
 * The doctor owns the checks of `holdfast doctor`: it looks at an installation from outside, changes nothing, and says of
 * everything that is wrong how to mend it. What it finds holds no secret, so it may be shown to whoever helps.
 */
export { checkAppFiles } from './app-files.ts'
export { checkApp, exampleTargets, targetsOf } from './apps.ts'
export { checkBaseUrl } from './base-url.ts'
export { checkClocks } from './clocks.ts'
export { checkConfiguration } from './configuration.ts'
export { checkDataFolder, checkDiskSpace } from './data-folder.ts'
export { checkDatabase } from './database.ts'
export { checkMasterKeys } from './master-keys.ts'
export { checkOutgoing, type Target } from './outgoing.ts'
export { checkRedirectUris, type LiveIntegration } from './redirect-uris.ts'
export { type Finding, type Report, reportOf, tableOf } from './report.ts'
export { checkRuntime } from './runtime.ts'
