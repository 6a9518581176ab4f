import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'
import { initial } from './0001-initial.ts'
import { lifecycle } from './0002-lifecycle.ts'
import { webhooks } from './0003-webhooks.ts'
import { refresh } from './0004-refresh.ts'
import { vault } from './0005-vault.ts'
import { operators } from './0006-operators.ts'
import { revocationsOutlive } from './0007-revocations-outlive.ts'
import { changes } from './0008-changes.ts'
import { flows } from './0009-flows.ts'
import { keys } from './0011-keys.ts'
import { audit } from './0012-audit.ts'
import { killSwitches } from './0013-kill-switches.ts'
import { branding } from './0014-branding.ts'
import { integrationParams } from './0015-integration-params.ts'
import { device } from './0016-device.ts'
import { requestLog } from './0017-request-log.ts'

/** Applied in order, each once, each in a transaction. Append only: a released migration never changes. */
export const migrations = (kind: DatabaseKind): Record<string, Migration> => ({
  '0001-initial': initial(kind),
  '0002-lifecycle': lifecycle(kind),
  '0003-webhooks': webhooks(kind),
  '0004-refresh': refresh(kind),
  '0005-vault': vault(kind),
  '0006-operators': operators(kind),
  '0007-revocations-outlive': revocationsOutlive(kind),
  '0008-changes': changes(kind),
  '0009-flows': flows(kind),
  '0011-keys': keys(),
  '0012-audit': audit(kind),
  '0013-kill-switches': killSwitches(kind),
  '0015-integration-params': integrationParams(kind),
  '0016-device': device(),
  '0017-request-log': requestLog(kind),
  '0014-branding': branding(kind),
})
