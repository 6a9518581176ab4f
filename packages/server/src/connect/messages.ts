/**
 * Every text a person can read on these pages. A language is one object of this shape: add it to `languages` and the
 * browser's `Accept-Language` chooses it. Texts never hold markup; names are put in by the functions and escaped by
 * the template that prints them.
 */
export interface Messages {
  /** BCP 47, for the `lang` attribute. */
  lang: string
  dir: 'ltr' | 'rtl'

  connectTitle(app: string): string
  connectLead(project: string, app: string): string
  connectingFor: string
  connectingForHint(project: string): string
  notYouCancel: string
  notYouLeave: string
  permissions(app: string): string
  morePermissions(count: number): string
  keeper(host: string, project: string): string
  nextStep(app: string): string
  alreadyStarted(app: string): string
  continueTo(app: string): string
  connectWithKey(app: string): string
  cancel: string

  simulatedTitle: string
  /** Without an app: several at once. */
  simulatedText(app: string | undefined): string

  pickTitle: string
  pickLead(project: string): string
  pickList: string
  otherApps: string
  schemes: Record<string, string>
  nothingToPick: string

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
  errorPrefix: string
  errorSummary(count: number): string

  finishing: string
  finishingText: string
  finish: string

  connectedTitle(app: string): string
  connectedLead(project: string, app: string): string
  connectedAccount: string
  unverified(app: string): string
  closeWindow(project: string): string

  backTo(project: string): string
  tryAgain: string
  openAgain: string
  reference: string
  pageTitle(title: string, project: string | undefined): string

  problems: Record<ProblemKind, (names: ProblemNames) => { title: string; text: string; next: string }>
}

/** The pages on which something has ended or gone wrong. */
export type ProblemKind =
  | 'cancelled'
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

const theApp = ({ app }: ProblemNames) => app ?? 'the service'
const appFirst = ({ app }: ProblemNames) => app ?? 'The service'
const whoSentYou = ({ project }: ProblemNames) => project ?? 'whoever sent you here'

const english: Messages = {
  lang: 'en',
  dir: 'ltr',

  connectTitle: (app) => `Connect ${app}`,
  connectLead: (project, app) => `${project} asks to use your ${app} account.`,
  connectingFor: 'Connecting for',
  connectingForHint: (project) => `The name ${project} knows you by.`,
  notYouCancel: 'Not you? Cancel.',
  notYouLeave: 'Not you? Leave this page.',
  permissions: (app) => `What it may do in ${app}`,
  morePermissions: (count) => `${count} more`,
  keeper: (host, project) => `Your access is kept encrypted on ${host} and used only by ${project}.`,
  nextStep: (app) => `Next, ${app} asks you to sign in and agree.`,
  alreadyStarted: (app) => `You already went on to ${app} once. Continuing starts over; finish in this tab.`,
  continueTo: (app) => `Continue to ${app}`,
  connectWithKey: (app) => `Connect ${app}`,
  cancel: 'Cancel',

  simulatedTitle: 'Test mode',
  simulatedText: (app) =>
    `This is a simulation. ${app ?? 'The real service'} is not contacted, and no real account is used.`,

  pickTitle: 'Choose what to connect',
  pickLead: (project) => `${project} can work with these apps. You can connect one with this link.`,
  pickList: 'Apps',
  otherApps: 'Choose another app',
  schemes: {
    OAUTH2: 'Sign in',
    OAUTH1: 'Sign in',
    API_KEY: 'API key',
    BEARER_TOKEN: 'Access token',
    BASIC: 'User name and password',
    NO_AUTH: 'Nothing to fill in',
  },
  nothingToPick: 'Nothing can be connected at the moment.',

  optional: 'optional',
  example: 'Example:',
  choose: 'Choose…',
  whereToFind: (label) => `Where to find it: ${label}`,
  newWindow: 'opens in a new tab',
  show: 'Show',
  hide: 'Hide',
  showField: (label) => `Show ${label}`,
  hideField: (label) => `Hide ${label}`,
  secretNotKept: 'For your safety this was not kept on the page. Please enter it again.',
  errorPrefix: 'Error',
  errorSummary: (count) => (count === 1 ? 'One thing needs your attention' : `${count} things need your attention`),

  finishing: 'Almost done',
  finishingText: 'Your approval has arrived. One more step brings it home; if nothing happens, use the button.',
  finish: 'Finish connecting',

  connectedTitle: (app) => `${app} is connected`,
  connectedLead: (project, app) => `${project} can now use this ${app} account.`,
  connectedAccount: 'Connected account',
  unverified: (app) => `${app} could not be reached to check it. It will be tried when it is first used.`,
  closeWindow: (project) => `You can close this window and return to ${project}.`,

  backTo: (project) => `Back to ${project}`,
  tryAgain: 'Try again',
  openAgain: 'Open the page again',
  reference: 'Reference',
  pageTitle: (title, project) => (project ? `${title} · ${project}` : title),

  problems: {
    cancelled: (names) => ({
      title: 'Not connected',
      text: `You cancelled, so nothing was shared with ${whoSentYou(names)}.`,
      next: `If you change your mind, ask ${whoSentYou(names)} for a new link.`,
    }),
    denied: (names) => ({
      title: 'Access was not given',
      text: `${appFirst(names)} says that access was declined, so nothing was connected.`,
      next: `If that was not what you wanted, ask ${whoSentYou(names)} for a new link.`,
    }),
    wrong_account: (names) => ({
      title: 'This is another account',
      text: `You signed in to ${theApp(names)} with another account than before, so nothing was changed.`,
      next: `Ask ${whoSentYou(names)} for a new link, and sign in with the account you used the first time.`,
    }),
    wrong_browser: (names) => ({
      title: 'This is a different browser',
      text: 'To keep accounts from being mixed up, a connection must end in the browser where it began.',
      next: `Ask ${whoSentYou(names)} for a new link, and stay in one browser until the end.`,
    }),
    already_connected: (names) => ({
      title: 'Already connected',
      text: `This link has done its work: ${theApp(names)} is connected.`,
      next: `You can close this window and return to ${whoSentYou(names)}.`,
    }),
    link_used: (names) => ({
      title: 'This link was already used',
      text: 'A connection link works once, and this one has been used.',
      next: `To connect again, ask ${whoSentYou(names)} for a new link.`,
    }),
    link_expired: (names) => ({
      title: 'This link has expired',
      text: 'Connection links work for a short time only, and this one is past it.',
      next: `Ask ${whoSentYou(names)} for a new link.`,
    }),
    unknown_link: (names) => ({
      title: 'This link is not known here',
      text: 'It may have been cut short when it was copied, or deleted since.',
      next: `Check that you copied all of it, or ask ${whoSentYou(names)} for a new link.`,
    }),
    unknown_option: () => ({
      title: 'That app is not part of this link',
      text: 'The link offers other apps than the one asked for.',
      next: 'Choose one of the apps that it offers.',
    }),
    provider_down: (names) => ({
      title: `${appFirst(names)} is not answering`,
      text: `${appFirst(names)} could not be reached or gave no proper answer, so nothing was connected.`,
      next: `Wait a few minutes, then ask ${whoSentYou(names)} for a new link.`,
    }),
    failed: (names) => ({
      title: 'The connection did not work',
      text: `${appFirst(names)} and this page could not agree, so nothing was connected.`,
      next: `Tell ${whoSentYou(names)} the reference below; they can see what happened.`,
    }),
    switched_off: (names) => ({
      title: `${appFirst(names)} cannot be connected now`,
      text: `This connection is switched off, so nothing was connected.`,
      next: `Ask ${whoSentYou(names)} when it will be available.`,
    }),
    foreign_request: () => ({
      title: 'Please confirm on the page itself',
      text: 'This request was sent by another site, so nothing was done.',
      next: 'Open the connection page and press the button there.',
    }),
    too_many: () => ({
      title: 'Too many attempts',
      text: 'There were more attempts than allowed in a short time.',
      next: 'Wait a minute, then try again.',
    }),
    too_large: () => ({
      title: 'That was too long',
      text: 'What was sent is far larger than any of these fields can hold.',
      next: 'Go back and enter shorter values.',
    }),
    internal: (names) => ({
      title: 'Something went wrong here',
      text: 'It is our fault, not yours, and it has been recorded.',
      next: `Try again in a moment. If it happens again, tell ${whoSentYou(names)} the reference below.`,
    }),
  },
}

const languages: readonly Messages[] = [english]

/** @param acceptLanguage The header; the first language that we have wins, English otherwise (RFC 9110 §12.5.4). */
export function messagesFor(acceptLanguage: string | undefined): Messages {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((entry) => {
      const [tag = '', ...params] = entry.split(';').map((part) => part.trim().toLowerCase())
      const quality = Number(params.find((param) => param.startsWith('q='))?.slice(2) ?? 1)
      return { tag, quality: Number.isFinite(quality) ? quality : 0 }
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
  for (const { tag } of wanted) {
    const found = languages.find(({ lang }) => tag === lang || tag.startsWith(`${lang}-`))
    if (found) return found
  }
  return english
}
