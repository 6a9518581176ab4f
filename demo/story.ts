/** Who is in the demo, what they connected, and what became of it. Names and places are made up. */

export interface Entity {
  id: string
  labels: string[]
}

/** What happens to a connection after it was begun. */
export type Fate =
  | 'connected'
  /** Works, but the last refresh met an app that was down. */
  | 'struggling'
  /** The person took the access back at the app. */
  | 'revoked'
  | 'disabled'
  /** The person said no on the consent page. */
  | 'denied'
  /** The person never came back from the app. */
  | 'abandoned'
  /** The person left scopes unticked. */
  | 'partial'
  /** The app could not be reached to try the key. */
  | 'unverified'

export interface Connection {
  entityId: string
  app: string
  authScheme: 'OAUTH2' | 'API_KEY' | 'BASIC'
  fate: Fate
  /** How long ago the person began, in hours. */
  hoursAgo: number
}

const companies = [
  'brightwater-labs',
  'casa-marena',
  'delta-freight',
  'eastgate-clinic',
  'fjordlys',
  'granite-and-pine',
  'hikari-studio',
  'iris-optics',
  'juniper-books',
  'kestrel-energy',
  'lumen-legal',
  'mistral-voyages',
] as const
const people = ['amelie', 'bruno', 'chiara', 'daniel', 'emeka', 'farah'] as const
const plans = ['trial', 'team', 'business'] as const

export const entities: readonly Entity[] = companies.flatMap((company, place) =>
  people.slice(0, 2 + (place % 4)).map((person) => ({
    id: `${person}@${company}.example`,
    labels: [plans[place % plans.length] ?? 'trial', company],
  })),
)

/** Apps by how often they are connected. */
const popular = [
  ['gmail', 'OAUTH2'],
  ['slack', 'OAUTH2'],
  ['googlecalendar', 'OAUTH2'],
  ['linear', 'API_KEY'],
  ['notion', 'OAUTH2'],
  ['github', 'OAUTH2'],
  ['gmail', 'OAUTH2'],
  ['hubspot', 'OAUTH2'],
  ['stripe', 'API_KEY'],
  ['slack', 'OAUTH2'],
  ['shopify', 'OAUTH2'],
  ['googledrive', 'OAUTH2'],
  ['jira', 'OAUTH2'],
  ['openai', 'API_KEY'],
  ['zendesk', 'BASIC'],
  ['salesforce', 'OAUTH2'],
  ['linear', 'OAUTH2'],
  ['discord', 'OAUTH2'],
] as const

/** Fates that only some connections can meet, each dealt to a few of them. */
const rareFates: readonly { fate: Fate; scheme: Connection['authScheme']; every: number }[] = [
  { fate: 'revoked', scheme: 'OAUTH2', every: 17 },
  { fate: 'denied', scheme: 'OAUTH2', every: 13 },
  { fate: 'abandoned', scheme: 'OAUTH2', every: 19 },
  { fate: 'partial', scheme: 'OAUTH2', every: 23 },
  { fate: 'struggling', scheme: 'OAUTH2', every: 29 },
  { fate: 'unverified', scheme: 'API_KEY', every: 7 },
]

const connectionsPerEntity = 3
const days = 24
const storyHours = 21 * days

/** Oldest first. The same on every run. */
export const connections: readonly Connection[] = entities
  .flatMap((entity, place) =>
    Array.from({ length: connectionsPerEntity }, (_, nth) => {
      const number = place * connectionsPerEntity + nth
      const [app, authScheme] = popular[(place * 5 + nth * 7) % popular.length] ?? popular[0]
      const fate = fateOf(number, authScheme)
      // An unfinished request lives for minutes, so one that is still open has only just begun.
      const hoursAgo = fate === 'abandoned' ? (number % 2 === 0 ? 0.05 : 30) : hoursOf(number)
      return { entityId: entity.id, app, authScheme, fate, hoursAgo }
    }),
  )
  .sort((one, other) => other.hoursAgo - one.hoursAgo)

function fateOf(number: number, scheme: Connection['authScheme']): Fate {
  const rare = rareFates.find((each) => each.scheme === scheme && number % each.every === each.every - 1)
  if (rare) return rare.fate
  return number % 31 === 30 ? 'disabled' : 'connected'
}

/** Spread over the story, with more towards its end as a product grows. */
function hoursOf(number: number): number {
  const share = ((number * 37) % 100) / 100
  return 1 + (storyHours - 1) * share ** 2
}
