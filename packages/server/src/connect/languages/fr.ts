import type { Messages, ProblemNames } from './types.ts'

const theApp = ({ app }: ProblemNames) => app ?? 'le service'
const appFirst = ({ app }: ProblemNames) => app ?? 'Le service'
const sender = ({ project }: ProblemNames) => project ?? 'la personne qui vous a envoyé ici'
const askForLink = (names: ProblemNames) => `Demandez un nouveau lien à ${sender(names)}.`

export const french: Messages = {
  lang: 'fr',
  dir: 'ltr',

  connectTitle: (app) => `Connecter ${app}`,
  connectLead: (project, app) => `${project} souhaite utiliser votre compte ${app}.`,
  connectingFor: 'Connexion pour',
  connectingForHint: (project) => `Le nom sous lequel ${project} vous connaît.`,
  notYouCancel: 'Ce n’est pas vous ? Annulez.',
  notYouLeave: 'Ce n’est pas vous ? Quittez cette page.',
  notMe: 'Ce n’est pas moi',
  permissions: (app) => `Ce qui sera permis dans ${app}`,
  optionalPermissions: 'Vous pouvez retirer ces autorisations',
  morePermissions: (count) => `${count} de plus`,
  keeper: (host, project) => `Votre accès est conservé chiffré sur ${host} et n’est utilisé que par ${project}.`,
  privacy: (project) => `Politique de confidentialité de ${project}`,
  nextStep: (app) => `Ensuite, ${app} vous demandera de vous identifier et de donner votre accord.`,
  alreadyStarted: (app) =>
    `Vous êtes déjà allé une fois sur ${app}. Continuer recommence depuis le début ; terminez dans cet onglet.`,
  continueTo: (app) => `Continuer vers ${app}`,
  connectWithKey: (app) => `Connecter ${app}`,
  cancel: 'Annuler',
  busy: 'Un instant…',
  worksFor: (duration) => `Ce lien est encore valable ${duration}.`,
  providerTrouble: (app) =>
    `${app} rencontre des difficultés depuis peu. Si cela ne marche pas maintenant, réessayez un peu plus tard.`,

  reconnectTitle: (app) => `Reconnecter ${app}`,
  reconnectWhy: {
    ended: ({ app, project }) =>
      `${app} ne donne plus à ${project} l’accès à votre compte. Identifiez-vous de nouveau pour continuer.`,
    refused: ({ app, project }) =>
      `${app} n’accepte plus l’accès dont disposait ${project}. Reconnectez votre compte pour continuer.`,
    other: ({ app, project }) => `${project} vous demande de renouveler son accès à votre compte ${app}.`,
  },
  reconnectAccount: 'Compte à reconnecter',
  reconnectSame: 'Utilisez ce même compte : un autre sera refusé.',

  otherDevice: 'Continuer sur un autre appareil',
  otherDeviceText:
    'Scannez le code avec l’appareil photo de votre téléphone. Cette page saura quand vous aurez terminé.',
  otherDeviceCode: 'Code QR de ce lien',

  typedCode: {
    instead: 'Saisir plutôt un code',
    title: (app) => `Saisissez ce code chez ${app}`,
    text: (app) => `Ouvrez cette adresse sur n’importe quel appareil, connectez-vous à ${app} et saisissez le code.`,
    code: 'Votre code',
    waiting: 'Cette page continue d’elle-même quand vous avez terminé.',
  },

  simulatedTitle: 'Mode test',
  simulatedText: (app) =>
    `Ceci est une simulation. ${app ?? 'Le vrai service'} n’est pas contacté et aucun vrai compte n’est utilisé.`,

  pickTitle: 'Que voulez-vous connecter ?',
  pickLead: (project) => `${project} fonctionne avec ces applications. Ce lien permet d’en connecter une.`,
  pickList: 'Applications',
  otherApps: 'Choisir une autre application',
  schemes: {
    OAUTH2: 'Identification',
    OAUTH1: 'Identification',
    API_KEY: 'Clé d’API',
    BEARER_TOKEN: 'Jeton d’accès',
    BASIC: 'Identifiant et mot de passe',
    BASIC_WITH_JWT: 'Identifiant et mot de passe',
    GOOGLE_SERVICE_ACCOUNT: 'Fichier de clé d’un compte de service',
    SERVICE_ACCOUNT: 'Clé d’un compte de service',
    S2S_OAUTH2: 'Identifiant et secret client',
    NO_AUTH: 'Rien à remplir',
  },
  nothingToPick: 'Rien ne peut être connecté pour le moment.',
  search: 'Rechercher une application',
  searchButton: 'Rechercher',
  allCategories: 'Toutes',
  category: 'Catégorie',
  noMatch: (query) => `Aucune application ne correspond à « ${query} ».`,
  found: (shown, total) => (shown === total ? `${total} applications` : `${shown} applications sur ${total}`),
  showMore: 'Afficher plus',
  categories: {
    ai: 'IA',
    'developer-tools': 'Développement',
    marketing: 'Marketing',
    crm: 'CRM',
    social: 'Réseaux sociaux',
    communication: 'Communication',
    email: 'E-mail',
    data: 'Données',
    hr: 'Ressources humaines',
    analytics: 'Analyse',
    media: 'Médias',
    documents: 'Documents',
    'project-management': 'Gestion de projet',
    support: 'Assistance',
    payments: 'Paiements',
    'e-commerce': 'E-commerce',
    video: 'Vidéo',
    design: 'Design',
    surveys: 'Sondages',
    accounting: 'Comptabilité',
    database: 'Bases de données',
    sales: 'Ventes',
    security: 'Sécurité',
    storage: 'Stockage',
    finance: 'Finance',
    productivity: 'Productivité',
    calendar: 'Agenda',
  },

  labels: {
    'API key': 'Clé d’API',
    'API token': 'Jeton d’API',
    'Access token': 'Jeton d’accès',
    'Personal access token': 'Jeton d’accès personnel',
    'Account subdomain': 'Sous-domaine du compte',
    Subdomain: 'Sous-domaine',
    'API host': 'Hôte de l’API',
    'Server host name': 'Nom d’hôte du serveur',
    'Data center': 'Centre de données',
    Tenant: 'Locataire (tenant)',
    Region: 'Région',
    'Client ID': 'Identifiant client',
    'Client secret': 'Secret client',
    'Account ID': 'Identifiant du compte',
    'Account email': 'E-mail du compte',
    Email: 'E-mail',
    'User name': 'Nom d’utilisateur',
    Username: 'Nom d’utilisateur',
    Password: 'Mot de passe',
    'Secret key': 'Clé secrète',
    'Private key': 'Clé privée',
    'Site name': 'Nom du site',
    'Shop name': 'Nom de la boutique',
  },
  optional: 'facultatif',
  example: 'Exemple :',
  choose: 'Choisir…',
  whereToFind: (label) => `Où le trouver : ${label}`,
  newWindow: 's’ouvre dans un nouvel onglet',
  show: 'Afficher',
  hide: 'Masquer',
  showField: (label) => `Afficher : ${label}`,
  hideField: (label) => `Masquer : ${label}`,
  secretNotKept: 'Pour votre sécurité, ceci n’a pas été conservé dans la page. Saisissez-le de nouveau.',
  shortened: (value) => `Raccourci en ${value}`,
  errorPrefix: 'Erreur',
  errorSummary: (count) => (count === 1 ? 'Un point est à corriger' : `${count} points sont à corriger`),
  fieldErrors: {
    required: 'Veuillez remplir ce champ.',
    choose: 'Veuillez choisir un élément de la liste.',
    tooLong: 'C’est trop long.',
    invisible: 'Il contient un saut de ligne ou un autre caractère invisible. Copiez-le de nouveau.',
    wrongForm: (example) =>
      example === null ? 'Le format n’est pas le bon.' : `Le format n’est pas le bon. Exemple : ${example}`,
    refused: (app) => `${app} ne l’accepte pas. Vérifiez que rien ne manque et que c’est encore valable.`,
  },

  finishing: 'C’est presque terminé',
  finishingText: 'Votre accord est bien arrivé. Il reste une étape ; si rien ne se passe, utilisez le bouton.',
  finish: 'Terminer la connexion',

  connectedTitle: (app) => `${app} est connecté`,
  connectedLead: (project, app) => `${project} peut maintenant utiliser ce compte ${app}.`,
  connectedAccount: 'Compte connecté',
  unverified: (app) =>
    `${app} n’a pas pu être joint pour une vérification. L’accès sera essayé à sa première utilisation.`,
  closeWindow: (project) => `Vous pouvez fermer cette fenêtre et revenir à ${project}.`,
  fewerTitle: (app) => `${app} est connecté, avec moins d’autorisations`,
  fewerText: (project) =>
    `Tout ce que ${project} demandait n’a pas été accordé ; certaines choses risquent de ne pas marcher. Il manque :`,
  giveMissing: 'Donner les autorisations manquantes',

  backTo: (project) => `Retour à ${project}`,
  tryAgain: 'Réessayer',
  switchAccount: 'Utiliser un autre compte',
  openAgain: 'Rouvrir la page',
  reference: 'Référence',
  pageTitle: (title, project) => (project ? `${title} · ${project}` : title),

  problems: {
    cancelled: (names) => ({
      title: 'Non connecté',
      text: 'Vous avez annulé : rien n’a été partagé.',
      next: `Si vous changez d’avis : ${askForLink(names)}`,
    }),
    not_you: (names) => ({
      title: 'Merci de l’avoir dit',
      text: 'Ce lien était destiné à quelqu’un d’autre : rien n’a été connecté.',
      next: names.project
        ? `Fermez cette fenêtre et identifiez-vous sur ${names.project} sous votre nom avant de connecter un compte.`
        : 'Fermez cette fenêtre.',
    }),
    denied: (names) => ({
      title: 'L’accès n’a pas été accordé',
      text: `${appFirst(names)} indique que l’accès a été refusé : rien n’a été connecté.`,
      next: `Ce n’est pas ce que vous vouliez ? ${askForLink(names)}`,
    }),
    wrong_account: (names) => ({
      title: 'C’est un autre compte',
      text: `Vous vous êtes identifié sur ${theApp(names)} avec un autre compte qu’auparavant : rien n’a été modifié.`,
      next: `${askForLink(names)} Identifiez-vous ensuite avec le compte de la première fois.`,
    }),
    wrong_browser: (names) => ({
      title: 'C’est un autre navigateur',
      text: 'Pour éviter de confondre les comptes, une connexion doit se terminer dans le navigateur où elle a commencé.',
      next: `${askForLink(names)} Restez ensuite dans le même navigateur jusqu’à la fin.`,
    }),
    already_connected: (names) => ({
      title: 'Déjà connecté',
      text: `Ce lien a rempli son rôle : ${theApp(names)} est connecté.`,
      next: 'Vous pouvez fermer cette fenêtre.',
    }),
    link_used: (names) => ({
      title: 'Ce lien a déjà servi',
      text: 'Un lien de connexion ne sert qu’une fois, et celui-ci a été utilisé.',
      next: `Pour vous connecter de nouveau : ${askForLink(names)}`,
    }),
    link_expired: (names) => ({
      title: 'Ce lien a expiré',
      text: 'Ces liens ne sont valables que peu de temps, et celui-ci ne l’est plus.',
      next: askForLink(names),
    }),
    unknown_link: (names) => ({
      title: 'Ce lien est inconnu ici',
      text: 'Il a peut-être été coupé à la copie, ou supprimé depuis.',
      next: `Vérifiez que vous l’avez copié en entier. Sinon : ${askForLink(names)}`,
    }),
    unknown_option: () => ({
      title: 'Cette application ne fait pas partie de ce lien',
      text: 'Le lien propose d’autres applications.',
      next: 'Choisissez l’une de celles qu’il propose.',
    }),
    provider_down: (names) => ({
      title: `${appFirst(names)} ne répond pas`,
      text: `${appFirst(names)} n’a pas pu être joint ou n’a pas répondu correctement : rien n’a été connecté.`,
      next: `Attendez quelques minutes. ${askForLink(names)}`,
    }),
    failed: (names) => ({
      title: 'La connexion n’a pas abouti',
      text: `${appFirst(names)} et cette page ne se sont pas entendus : rien n’a été connecté.`,
      next: `Transmettez la référence ci-dessous à ${sender(names)} pour savoir ce qui s’est passé.`,
    }),
    switched_off: (names) => ({
      title: `${appFirst(names)} ne peut pas être connecté pour l’instant`,
      text: 'Cette connexion est désactivée : rien n’a été connecté.',
      next: `Demandez à ${sender(names)} quand elle sera disponible.`,
    }),
    foreign_request: () => ({
      title: 'Confirmez sur la page elle-même',
      text: 'Cette demande venait d’un autre site : rien n’a été fait.',
      next: 'Ouvrez la page de connexion et appuyez sur son bouton.',
    }),
    too_many: () => ({
      title: 'Trop de tentatives',
      text: 'Il y a eu plus de tentatives que permis en peu de temps.',
      next: 'Attendez une minute, puis réessayez.',
    }),
    too_large: () => ({
      title: 'C’était trop long',
      text: 'Ce qui a été envoyé dépasse de loin ce que ces champs peuvent contenir.',
      next: 'Revenez en arrière et saisissez des valeurs plus courtes.',
    }),
    internal: (names) => ({
      title: 'Un problème est survenu chez nous',
      text: 'La faute est de notre côté, pas du vôtre, et elle a été enregistrée.',
      next: `Réessayez dans un instant. Si cela se reproduit, transmettez la référence ci-dessous à ${sender(names)}.`,
    }),
  },
}
