import type { Messages, ProblemNames } from './types.ts'

const theApp = ({ app }: ProblemNames) => app ?? 'dem Dienst'
const appFirst = ({ app }: ProblemNames) => app ?? 'Der Dienst'
const fromSender = ({ project }: ProblemNames) =>
  project === undefined ? 'von der Stelle, die Sie hierher geschickt hat,' : `von ${project}`
const sender = ({ project }: ProblemNames) => project ?? 'die Stelle, die Sie hierher geschickt hat'
const askForLink = (names: ProblemNames) => `Lassen Sie sich ${fromSender(names)} einen neuen Link geben.`

export const german: Messages = {
  lang: 'de',
  dir: 'ltr',

  connectTitle: (app) => `${app} verbinden`,
  connectLead: (project, app) => `${project} möchte Ihr Konto bei ${app} verwenden.`,
  connectingFor: 'Verbindung für',
  connectingForHint: (project) => `Unter diesem Namen kennt Sie ${project}.`,
  notYouCancel: 'Das sind nicht Sie? Dann brechen Sie ab.',
  notYouLeave: 'Das sind nicht Sie? Dann verlassen Sie diese Seite.',
  notMe: 'Das bin ich nicht',
  permissions: (app) => `Was damit in ${app} erlaubt wird`,
  optionalPermissions: 'Das können Sie weglassen',
  morePermissions: (count) => `${count} weitere`,
  keeper: (host, project) => `Ihr Zugang wird verschlüsselt auf ${host} aufbewahrt und nur von ${project} verwendet.`,
  privacy: (project) => `Datenschutzerklärung von ${project}`,
  nextStep: (app) => `Als Nächstes bittet ${app} Sie, sich anzumelden und zuzustimmen.`,
  alreadyStarted: (app) =>
    `Sie waren schon einmal auf dem Weg zu ${app}. Wenn Sie fortfahren, beginnt es von vorn; bleiben Sie dann in diesem Tab.`,
  continueTo: (app) => `Weiter zu ${app}`,
  connectWithKey: (app) => `${app} verbinden`,
  cancel: 'Abbrechen',
  busy: 'Einen Moment …',
  worksFor: (duration) => `Dieser Link gilt noch ${duration}.`,
  providerTrouble: (app) =>
    `Bei ${app} gab es zuletzt Störungen. Wenn es jetzt nicht klappt, versuchen Sie es etwas später noch einmal.`,

  reconnectTitle: (app) => `${app} neu verbinden`,
  reconnectWhy: {
    ended: ({ app, project }) =>
      `${app} gewährt ${project} keinen Zugang mehr zu Ihrem Konto. Melden Sie sich noch einmal an, damit es weitergeht.`,
    refused: ({ app, project }) =>
      `${app} nimmt den bisherigen Zugang von ${project} nicht mehr an. Verbinden Sie neu, damit es weitergeht.`,
    other: ({ app, project }) => `${project} bittet Sie, den Zugang zu Ihrem Konto bei ${app} zu erneuern.`,
  },
  reconnectAccount: 'Konto, das neu verbunden wird',
  reconnectSame: 'Nehmen Sie dasselbe Konto: Ein anderes wird abgelehnt.',

  otherDevice: 'Auf einem anderen Gerät fortfahren',
  otherDeviceText: 'Scannen Sie den Code mit der Kamera Ihres Telefons. Diese Seite merkt, wenn Sie fertig sind.',
  otherDeviceCode: 'QR-Code dieses Links',

  typedCode: {
    instead: 'Stattdessen einen Code eingeben',
    title: (app) => `Geben Sie diesen Code bei ${app} ein`,
    text: (app) =>
      `Öffnen Sie diese Adresse auf einem beliebigen Gerät, melden Sie sich dort bei ${app} an und geben Sie den Code ein.`,
    code: 'Ihr Code',
    waiting: 'Diese Seite geht von selbst weiter, wenn Sie fertig sind.',
  },

  simulatedTitle: 'Testmodus',
  simulatedText: (app) =>
    `Dies ist eine Simulation. Zu ${app ?? 'dem echten Dienst'} wird keine Verbindung aufgenommen und kein echtes Konto verwendet.`,

  pickTitle: 'Was möchten Sie verbinden?',
  pickLead: (project) => `${project} arbeitet mit diesen Apps. Mit diesem Link können Sie eine davon verbinden.`,
  pickList: 'Apps',
  otherApps: 'Andere App wählen',
  schemes: {
    OAUTH2: 'Anmelden',
    OAUTH1: 'Anmelden',
    API_KEY: 'API-Schlüssel',
    BEARER_TOKEN: 'Zugriffstoken',
    BASIC: 'Benutzername und Passwort',
    BASIC_WITH_JWT: 'Benutzername und Passwort',
    GOOGLE_SERVICE_ACCOUNT: 'Schlüsseldatei eines Dienstkontos',
    SERVICE_ACCOUNT: 'Schlüssel eines Dienstkontos',
    S2S_OAUTH2: 'Client-ID und Client-Secret',
    NO_AUTH: 'Keine Angaben nötig',
  },
  nothingToPick: 'Zurzeit lässt sich nichts verbinden.',
  search: 'Apps durchsuchen',
  searchButton: 'Suchen',
  allCategories: 'Alle',
  category: 'Kategorie',
  noMatch: (query) => `Keine App passt zu „${query}“.`,
  found: (shown, total) => (shown === total ? `${total} Apps` : `${shown} von ${total} Apps`),
  showMore: 'Mehr anzeigen',
  categories: {
    ai: 'KI',
    'developer-tools': 'Entwicklung',
    marketing: 'Marketing',
    crm: 'CRM',
    social: 'Soziale Medien',
    communication: 'Kommunikation',
    email: 'E-Mail',
    data: 'Daten',
    hr: 'Personal',
    analytics: 'Auswertung',
    media: 'Medien',
    documents: 'Dokumente',
    'project-management': 'Projektplanung',
    support: 'Kundendienst',
    payments: 'Zahlungen',
    'e-commerce': 'Onlinehandel',
    video: 'Video',
    design: 'Design',
    surveys: 'Umfragen',
    accounting: 'Buchhaltung',
    database: 'Datenbanken',
    sales: 'Vertrieb',
    security: 'Sicherheit',
    storage: 'Speicher',
    finance: 'Finanzen',
    productivity: 'Produktivität',
    calendar: 'Kalender',
  },

  labels: {
    'API key': 'API-Schlüssel',
    'API token': 'API-Token',
    'Access token': 'Zugriffstoken',
    'Personal access token': 'Persönliches Zugriffstoken',
    'Account subdomain': 'Subdomain des Kontos',
    Subdomain: 'Subdomain',
    'API host': 'API-Host',
    'Server host name': 'Hostname des Servers',
    'Data center': 'Rechenzentrum',
    Tenant: 'Mandant',
    Region: 'Region',
    'Client ID': 'Client-ID',
    'Client secret': 'Client-Secret',
    'Account ID': 'Konto-ID',
    'Account email': 'E-Mail-Adresse des Kontos',
    Email: 'E-Mail-Adresse',
    'User name': 'Benutzername',
    Username: 'Benutzername',
    Password: 'Passwort',
    'Secret key': 'Geheimer Schlüssel',
    'Private key': 'Privater Schlüssel',
    'Site name': 'Name der Website',
    'Shop name': 'Name des Shops',
  },
  optional: 'freiwillig',
  example: 'Beispiel:',
  choose: 'Bitte wählen …',
  whereToFind: (label) => `Wo Sie das finden: ${label}`,
  newWindow: 'öffnet sich in einem neuen Tab',
  show: 'Zeigen',
  hide: 'Verbergen',
  showField: (label) => `${label} zeigen`,
  hideField: (label) => `${label} verbergen`,
  secretNotKept: 'Zu Ihrer Sicherheit wurde das nicht auf der Seite behalten. Bitte geben Sie es noch einmal ein.',
  shortened: (value) => `Gekürzt auf ${value}`,
  errorPrefix: 'Fehler',
  errorSummary: (count) => (count === 1 ? 'Eine Angabe stimmt noch nicht' : `${count} Angaben stimmen noch nicht`),
  fieldErrors: {
    required: 'Bitte füllen Sie dieses Feld aus.',
    choose: 'Bitte wählen Sie etwas aus der Liste.',
    tooLong: 'Das ist zu lang.',
    invisible:
      'Darin steckt ein Zeilenumbruch oder ein anderes unsichtbares Zeichen. Bitte kopieren Sie es noch einmal.',
    wrongForm: (example) =>
      example === null ? 'Das hat nicht die richtige Form.' : `Das hat nicht die richtige Form. Beispiel: ${example}`,
    refused: (app) => `${app} nimmt das nicht an. Prüfen Sie, ob es vollständig und noch gültig ist.`,
  },

  finishing: 'Fast fertig',
  finishingText:
    'Ihre Zustimmung ist angekommen. Es fehlt nur noch ein Schritt; wenn nichts geschieht, nehmen Sie die Schaltfläche.',
  finish: 'Verbindung abschließen',

  connectedTitle: (app) => `${app} ist verbunden`,
  connectedLead: (project, app) => `${project} kann jetzt dieses Konto bei ${app} verwenden.`,
  connectedAccount: 'Verbundenes Konto',
  unverified: (app) =>
    `${app} war für eine Prüfung nicht erreichbar. Ob der Zugang gilt, zeigt sich bei der ersten Verwendung.`,
  closeWindow: (project) => `Sie können dieses Fenster schließen und zu ${project} zurückkehren.`,
  fewerTitle: (app) => `${app} ist verbunden, mit weniger Rechten`,
  fewerText: (project) =>
    `Nicht alles, worum ${project} gebeten hat, wurde erlaubt; manches wird vielleicht nicht gehen. Es fehlt:`,
  giveMissing: 'Fehlende Rechte erteilen',

  backTo: (project) => `Zurück zu ${project}`,
  tryAgain: 'Noch einmal versuchen',
  switchAccount: 'Anderes Konto verwenden',
  openAgain: 'Seite neu öffnen',
  reference: 'Kennung',
  pageTitle: (title, project) => (project ? `${title} · ${project}` : title),

  problems: {
    cancelled: (names) => ({
      title: 'Nicht verbunden',
      text: 'Sie haben abgebrochen; es wurde nichts weitergegeben.',
      next: `Wenn Sie es sich anders überlegen: ${askForLink(names)}`,
    }),
    not_you: (names) => ({
      title: 'Gut, dass Sie es sagen',
      text: 'Dieser Link war für jemand anderen bestimmt; es wurde nichts verbunden.',
      next: names.project
        ? `Schließen Sie dieses Fenster und melden Sie sich bei ${names.project} mit Ihrem eigenen Namen an, bevor Sie ein Konto verbinden.`
        : 'Schließen Sie dieses Fenster.',
    }),
    denied: (names) => ({
      title: 'Der Zugang wurde nicht erlaubt',
      text: `${appFirst(names)} meldet, dass der Zugang abgelehnt wurde; es wurde nichts verbunden.`,
      next: `War das nicht gewollt? ${askForLink(names)}`,
    }),
    wrong_account: (names) => ({
      title: 'Das ist ein anderes Konto',
      text: `Sie haben sich bei ${theApp(names)} mit einem anderen Konto angemeldet als zuvor; es wurde nichts geändert.`,
      next: `${askForLink(names)} Melden Sie sich dann mit dem Konto vom ersten Mal an.`,
    }),
    wrong_browser: (names) => ({
      title: 'Das ist ein anderer Browser',
      text: 'Damit keine Konten verwechselt werden, muss eine Verbindung in dem Browser enden, in dem sie begonnen hat.',
      next: `${askForLink(names)} Bleiben Sie dann bis zum Ende in einem Browser.`,
    }),
    already_connected: (names) => ({
      title: 'Schon verbunden',
      text: `Dieser Link hat seinen Dienst getan: ${names.app ?? 'Der Dienst'} ist verbunden.`,
      next: 'Sie können dieses Fenster schließen.',
    }),
    link_used: (names) => ({
      title: 'Dieser Link wurde schon verwendet',
      text: 'Ein solcher Link gilt einmal, und dieser wurde bereits verwendet.',
      next: `Um noch einmal zu verbinden: ${askForLink(names)}`,
    }),
    link_expired: (names) => ({
      title: 'Dieser Link ist abgelaufen',
      text: 'Solche Links gelten nur kurze Zeit, und die ist vorbei.',
      next: askForLink(names),
    }),
    unknown_link: (names) => ({
      title: 'Diesen Link gibt es hier nicht',
      text: 'Vielleicht wurde er beim Kopieren abgeschnitten oder inzwischen gelöscht.',
      next: `Prüfen Sie, ob Sie ihn ganz kopiert haben. Sonst: ${askForLink(names)}`,
    }),
    unknown_option: () => ({
      title: 'Diese App gehört nicht zu diesem Link',
      text: 'Der Link bietet andere Apps an als die gewünschte.',
      next: 'Wählen Sie eine der angebotenen Apps.',
    }),
    provider_down: (names) => ({
      title: `${appFirst(names)} antwortet nicht`,
      text: `${appFirst(names)} war nicht zu erreichen oder gab keine brauchbare Antwort; es wurde nichts verbunden.`,
      next: `Warten Sie ein paar Minuten. ${askForLink(names)}`,
    }),
    failed: (names) => ({
      title: 'Das Verbinden hat nicht geklappt',
      text: `${appFirst(names)} und diese Seite sind sich nicht einig geworden; es wurde nichts verbunden.`,
      next: `Nennen Sie die Kennung unten; ${sender(names)} kann nachsehen, was geschehen ist.`,
    }),
    switched_off: (names) => ({
      title: `${appFirst(names)} lässt sich gerade nicht verbinden`,
      text: 'Diese Verbindung ist abgeschaltet; es wurde nichts verbunden.',
      next: names.project
        ? `Fragen Sie bei ${names.project} nach, wann sie wieder verfügbar ist.`
        : 'Versuchen Sie es später noch einmal.',
    }),
    foreign_request: () => ({
      title: 'Bitte bestätigen Sie auf der Seite selbst',
      text: 'Diese Anfrage kam von einer anderen Website; es wurde nichts getan.',
      next: 'Öffnen Sie die Seite zum Verbinden und drücken Sie dort auf die Schaltfläche.',
    }),
    too_many: () => ({
      title: 'Zu viele Versuche',
      text: 'In kurzer Zeit gab es mehr Versuche als erlaubt.',
      next: 'Warten Sie eine Minute und versuchen Sie es dann noch einmal.',
    }),
    too_large: () => ({
      title: 'Das war zu lang',
      text: 'Es wurde viel mehr gesendet, als in diese Felder passt.',
      next: 'Gehen Sie zurück und machen Sie kürzere Angaben.',
    }),
    internal: (names) => ({
      title: 'Hier ist etwas schiefgegangen',
      text: 'Der Fehler liegt bei uns, nicht bei Ihnen, und er ist festgehalten.',
      next: `Versuchen Sie es gleich noch einmal. Hilft das nicht, nennen Sie die Kennung unten: ${sender(names)} kann damit nachsehen.`,
    }),
  },
}
