import type { EventType } from '../events.ts'
import type { WebhookEndpointRow } from '../store/index.ts'
import { firstGenerationMessage } from './payload.ts'

const nowhere = '00000000-0000-0000-0000-000000000000'

const statusAfter: Partial<Record<EventType, [string | null, string]>> = {
  'connected_account.initiated': [null, 'INITIATED'],
  'connected_account.failed': ['INITIATED', 'FAILED'],
  'connected_account.expired': ['ACTIVE', 'EXPIRED'],
  'connected_account.revoked': ['ACTIVE', 'EXPIRED'],
  'connected_account.active': ['INITIATED', 'ACTIVE'],
  'connected_account.reactivated': ['EXPIRED', 'ACTIVE'],
}

/** A message that looks like a real one, about an account that does not exist: all its ids are zero, and `test` is true. */
export function testBody(format: WebhookEndpointRow['format'], type: EventType, at: Date): string {
  const [previousStatus, status] = statusAfter[type] ?? ['ACTIVE', 'ACTIVE']
  const statusReason =
    status === 'ACTIVE' ? null : { code: 'unverified', message: 'This is a test event.', mustAct: 'nobody' }
  const data = {
    connectedAccount: {
      id: nowhere,
      integrationId: nowhere,
      appName: 'example',
      authScheme: 'OAUTH2',
      entityId: 'test',
      status,
      statusReason,
      enabled: type !== 'connected_account.disabled',
      verification: 'not_checked',
      identity: null,
      labels: [],
      requestedScopes: null,
      grantedScopes: null,
      expiresAt: null,
      simulated: true,
      createdAt: at,
      updatedAt: at,
    },
    previousStatus,
    status,
    statusReason,
    entityId: 'test',
    integrationId: nowhere,
    app: 'example',
    sequence: 0,
    test: true,
  }
  const event = { type, timestamp: at, data }
  return JSON.stringify(format === 'standard' ? event : firstGenerationMessage(event, 'example_1'))
}
