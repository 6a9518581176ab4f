/** Somebody who can approve. The ids stay the same for ever: they are what reconnecting compares. */
export interface Person {
  id: string
  name: string
  email: string
  /** Shown as an SVG of initials; the file is served by the simulator. */
  avatarFile: string
  colour: string
}

export const people: readonly [Person, Person] = [
  {
    id: 'sim-person-1',
    name: 'Jessica Rivera',
    email: 'jessica.rivera@example.com',
    avatarFile: 'person-1.svg',
    colour: '#7a3e9d',
  },
  {
    id: 'sim-person-2',
    name: 'Melissa Chen',
    email: 'melissa.chen@example.com',
    avatarFile: 'person-2.svg',
    colour: '#0f6b5c',
  },
]

/** @param number `1` or `2`, as the consent page and the flag write it. */
export function findPerson(number: string): Person | undefined {
  return number === '1' ? people[0] : number === '2' ? people[1] : undefined
}

export function personById(id: string): Person {
  return people.find((person) => person.id === id) ?? people[0]
}

export function avatarSvg(person: Person): string {
  const initials = person.name
    .split(' ')
    .map((part) => part.charAt(0))
    .join('')
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">` +
    `<circle cx="48" cy="48" r="48" fill="${person.colour}"/>` +
    `<text x="48" y="60" text-anchor="middle" font-family="sans-serif" font-size="36" fill="#fff">${initials}</text></svg>\n`
  )
}
