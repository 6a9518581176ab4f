/** For tests of the pages: a flow whose answers are set by hand and which records every call that changes something. */
import type { Account, ConnectFlow, ConnectionView, ExpectedField, LinkOption, LinkView } from '../../accounts/types.ts'

export interface FakeFlow extends ConnectFlow {
  requests: Map<string, ConnectionView>
  links: Map<string, LinkView>
  /** Names of the verbs that were called, with what they were given; reading is not among them. */
  changes: { verb: string; input: unknown }[]
}

/** Every verb that a test does not give throws. */
export function fakeFlow(verbs: Partial<ConnectFlow> = {}): FakeFlow {
  const changes: FakeFlow['changes'] = []
  const requests = new Map<string, ConnectionView>()
  const links = new Map<string, LinkView>()
  return {
    requests,
    links,
    changes,
    viewRequest: verbs.viewRequest ?? (async (token) => requests.get(token) ?? null),
    viewLink: verbs.viewLink ?? (async (token) => links.get(token) ?? null),
    authorize: async (token, choice) => {
      changes.push({ verb: 'authorize', input: { token, ...choice } })
      return (verbs.authorize ?? notPlanned)(token, choice)
    },
    authorizeDevice: async (token) => {
      changes.push({ verb: 'authorizeDevice', input: { token } })
      return (verbs.authorizeDevice ?? notPlanned)(token)
    },
    deviceCode: verbs.deviceCode ?? (async () => null),
    decline: async (token) => {
      changes.push({ verb: 'decline', input: { token } })
      return (verbs.decline ?? notPlanned)(token)
    },
    submitLink: async (token, input) => {
      changes.push({ verb: 'submitLink', input: { token, ...input } })
      return (verbs.submitLink ?? notPlanned)(token, input)
    },
    callback: async (input) => {
      changes.push({ verb: 'callback', input })
      return (verbs.callback ?? notPlanned)(input)
    },
    createLink: notPlanned,
    pageStatus: verbs.pageStatus ?? (async () => null),
    retry: async (input) => {
      changes.push({ verb: 'retry', input })
      return (verbs.retry ?? notPlanned)(input)
    },
  }
}

const notPlanned = (): never => {
  throw new Error('this test did not plan for the call')
}

export function aView(changes: Partial<ConnectionView> = {}): ConnectionView {
  return {
    reference: 'K7QM-2XVD',
    state: 'ready',
    projectId: 'prj_1',
    projectName: 'Northwind Assistant',
    entityId: 'mira@northwind.example',
    app: { key: 'gmail', name: 'Gmail' },
    scopes: [
      { name: 'https://www.googleapis.com/auth/gmail.modify', description: 'Read, compose and send your email' },
      { name: 'https://www.googleapis.com/auth/userinfo.email', description: 'See your email address' },
    ],
    optionalScopes: [],
    simulated: false,
    returnUrl: null,
    account: null,
    expiresAt: new Date('2100-01-01T00:00:00Z'),
    renews: null,
    troubledApp: false,
    offersDeviceCode: false,
    failure: null,
    ...changes,
  }
}

export function anAccount(changes: Partial<Account> = {}): Account {
  return {
    id: 'acc_1',
    projectId: 'prj_1',
    integrationId: 'int_1',
    appKey: 'gmail',
    appName: 'Gmail',
    authScheme: 'OAUTH2',
    entityId: 'mira@northwind.example',
    status: 'ACTIVE',
    statusReason: null,
    enabled: true,
    verification: 'verified',
    identity: {
      id: '10769150350006150715113082367',
      name: 'Mira Lindqvist',
      email: 'mira.lindqvist@mail.example',
      avatar: 'https://avatars.example/mira.png',
    },
    labels: [],
    requestedScopes: [],
    missingScopes: [],
    grantedScopes: [],
    expiresAt: null,
    simulated: false,
    createdAt: new Date('2026-11-22T10:00:00Z'),
    updatedAt: new Date('2026-11-22T10:00:00Z'),
    ...changes,
  }
}

export function aField(changes: Partial<ExpectedField> = {}): ExpectedField {
  return {
    name: 'api_key',
    label: 'API key',
    help: 'A personal key from your settings.',
    helpUrl: 'https://linear.example/settings/api',
    example: 'lin_api_…',
    default: null,
    pattern: '^lin_api_[A-Za-z0-9]+$',
    role: 'credential',
    options: null,
    secret: true,
    required: true,
    ...changes,
  }
}

export function anOption(changes: Partial<LinkOption> = {}): LinkOption {
  return {
    integrationId: 'int_linear',
    app: { key: 'linear', name: 'Linear', description: 'Issues, projects and cycles', categories: ['issue-tracking'] },
    authScheme: 'API_KEY',
    fields: [aField()],
    scopes: [],
    simulated: false,
    ...changes,
  }
}

export function aLink(changes: Partial<LinkView> = {}): LinkView {
  return {
    reference: 'LNK4-9TRW',
    state: 'ready',
    projectId: 'prj_1',
    projectName: 'Northwind Assistant',
    entityId: 'mira@northwind.example',
    options: [anOption()],
    returnUrl: null,
    expiresAt: new Date('2100-01-01T00:00:00Z'),
    ...changes,
  }
}
