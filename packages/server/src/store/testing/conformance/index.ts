/**
 * What every store promises, whatever database is behind it. Nothing is emptied between the tests: each makes a project of
 * its own, as the store's users do.
 */
import { after, before, test } from 'node:test'
import type { Store } from '../../index.ts'
import { describeAccountLists } from './account-lists.ts'
import { describeAccounts } from './accounts.ts'
import { describeAudit } from './audit.ts'
import { describeBackground } from './background.ts'
import { describeBranding } from './branding.ts'
import { describeCascades } from './cascades.ts'
import { describeChanges } from './changes.ts'
import { describeEntities } from './entities.ts'
import { describeEvents } from './events.ts'
import { describeIntegrations } from './integrations.ts'
import { describeKillSwitches } from './kill-switches.ts'
import { describeLeases } from './leases.ts'
import { describeMasterKeys } from './master-keys.ts'
import { describeOperators } from './operators.ts'
import { describeProjects } from './projects.ts'
import { describeRequests } from './requests.ts'
import { describeRevocations } from './revocations.ts'
import { describeSealedValues } from './sealed-values.ts'
import { describeSettings } from './settings.ts'
import { describeSignals } from './signals.ts'
import { describeSimulatorRecords } from './simulator-records.ts'
import { describeTimes } from './times.ts'
import { describeTransactions } from './transactions.ts'
import { describeWebhooks } from './webhooks.ts'

export function describeStore(open: () => Promise<Store>): void {
  let opened: Store
  const store = () => opened
  before(async () => {
    opened = await open()
  })
  after(() => opened?.close())

  describeProjects(store)
  describeBranding(store)
  describeIntegrations(store)
  describeAccounts(store)
  describeLeases(store)
  describeAccountLists(store)
  describeRequests(store)
  describeEvents(store)
  describeCascades(store)
  describeBackground(store)
  describeEntities(store)
  describeMasterKeys(store)
  describeOperators(store)
  describeRevocations(store)
  describeSealedValues(store)
  describeWebhooks(store)
  describeSettings(store)
  describeSimulatorRecords(store)
  describeTransactions(store)
  describeAudit(store)
  describeKillSwitches(store)
  describeSignals(store)
  describeChanges(store)
  describeTimes(store)

  test('ping answers', () => store().ping())
}
