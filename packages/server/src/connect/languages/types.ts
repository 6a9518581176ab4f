/**
 * Every text a person can read on these pages. A language is one object of this shape: a missing text does not pass the
 * type check. Texts never hold markup; names are put in by the functions and escaped by the template that prints them.
 */
export interface Messages {
  /** BCP 47, for the `lang` attribute and for `Intl`. */
  lang: string
  dir: 'ltr' | 'rtl'

  connectTitle(app: string): string
  connectLead(project: string, app: string): string
  connectingFor: string
  connectingForHint(project: string): string
  notYouCancel: string
  notYouLeave: string
  notMe: string
  permissions(app: string): string
  optionalPermissions: string
  morePermissions(count: number): string
  keeper(host: string, project: string): string
  privacy(project: string): string
  nextStep(app: string): string
  alreadyStarted(app: string): string
  continueTo(app: string): string
  connectWithKey(app: string): string
  cancel: string
  /** Said while a button's work is under way. */
  busy: string
  /** @param duration "8 minutes", already in this language. */
  worksFor(duration: string): string
  providerTrouble(app: string): string

  reconnectTitle(app: string): string
  reconnectWhy: Record<'ended' | 'refused' | 'other', (names: { app: string; project: string }) => string>
  reconnectAccount: string
  reconnectSame: string

  otherDevice: string
  otherDeviceText: string
  otherDeviceCode: string

  /** A code that is typed at the app, on any device (RFC 8628). */
  typedCode: {
    instead: string
    title(app: string): string
    text(app: string): string
    code: string
    waiting: string
  }

  simulatedTitle: string
  /** Without an app: several at once. */
  simulatedText(app: string | undefined): string

  pickTitle: string
  pickLead(project: string): string
  pickList: string
  otherApps: string
  schemes: Record<KnownScheme, string>
  nothingToPick: string
  search: string
  searchButton: string
  allCategories: string
  category: string
  noMatch(query: string): string
  found(shown: number, total: number): string
  showMore: string
  categories: Record<KnownCategory, string>

  /** Labels that many apps give to their fields; other labels are shown as the app's definition has them. */
  labels: Record<KnownLabel, string>
  optional: string
  example: string
  choose: string
  whereToFind(label: string): string
  newWindow: string
  show: string
  hide: string
  showField(label: string): string
  hideField(label: string): string
  secretNotKept: string
  /** After a pasted address was cut down to the wanted part. */
  shortened(value: string): string
  errorPrefix: string
  errorSummary(count: number): string
  fieldErrors: {
    required: string
    choose: string
    tooLong: string
    invisible: string
    wrongForm(example: string | null): string
    refused(app: string): string
  }

  finishing: string
  finishingText: string
  finish: string

  connectedTitle(app: string): string
  connectedLead(project: string, app: string): string
  connectedAccount: string
  unverified(app: string): string
  closeWindow(project: string): string
  fewerTitle(app: string): string
  fewerText(project: string): string
  giveMissing: string

  backTo(project: string): string
  tryAgain: string
  switchAccount: string
  openAgain: string
  reference: string
  pageTitle(title: string, project: string | undefined): string

  problems: Record<ProblemKind, (names: ProblemNames) => { title: string; text: string; next: string }>
}

/** The pages on which something has ended or gone wrong. */
export type ProblemKind =
  | 'cancelled'
  | 'not_you'
  | 'denied'
  | 'wrong_account'
  | 'wrong_browser'
  | 'already_connected'
  | 'link_used'
  | 'link_expired'
  | 'unknown_link'
  | 'unknown_option'
  | 'provider_down'
  | 'failed'
  | 'switched_off'
  | 'foreign_request'
  | 'too_many'
  | 'too_large'
  | 'internal'

/** Undefined where nothing may or can be named. */
export interface ProblemNames {
  app: string | undefined
  project: string | undefined
}

export type KnownScheme =
  | 'OAUTH2'
  | 'OAUTH1'
  | 'API_KEY'
  | 'BEARER_TOKEN'
  | 'BASIC'
  | 'NO_AUTH'
  | 'BASIC_WITH_JWT'
  | 'GOOGLE_SERVICE_ACCOUNT'
  | 'SERVICE_ACCOUNT'
  | 'S2S_OAUTH2'

export type KnownLabel =
  | 'API key'
  | 'API token'
  | 'Access token'
  | 'Personal access token'
  | 'Account subdomain'
  | 'Subdomain'
  | 'API host'
  | 'Server host name'
  | 'Data center'
  | 'Tenant'
  | 'Region'
  | 'Client ID'
  | 'Client secret'
  | 'Account ID'
  | 'Account email'
  | 'Email'
  | 'User name'
  | 'Username'
  | 'Password'
  | 'Secret key'
  | 'Private key'
  | 'Site name'
  | 'Shop name'

export type KnownCategory =
  | 'ai'
  | 'developer-tools'
  | 'marketing'
  | 'crm'
  | 'social'
  | 'communication'
  | 'email'
  | 'data'
  | 'hr'
  | 'analytics'
  | 'media'
  | 'documents'
  | 'project-management'
  | 'support'
  | 'payments'
  | 'e-commerce'
  | 'video'
  | 'design'
  | 'surveys'
  | 'accounting'
  | 'database'
  | 'sales'
  | 'security'
  | 'storage'
  | 'finance'
  | 'productivity'
  | 'calendar'
