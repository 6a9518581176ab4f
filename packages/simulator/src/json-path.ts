/** A dot path (`authed_user.access_token`, `0.id`) and the value that stands there. */
export type PathValue = readonly [path: string, value: unknown]

type Container = Record<string, unknown> | unknown[]

/**
 * Builds a JSON value in which each path holds its value. A part that is a number makes a list. Where two paths are the
 * same the later wins; a path that would go through a plain value is left out.
 *
 * Objects have no prototype: a path of a custom app may be called `__proto__`, and must then be an ordinary field.
 */
export function fillPaths(values: readonly PathValue[]): Container {
  const root = containerFor(values[0]?.[0].split('.')[0])
  for (const [path, value] of values) put(root, path.split('.'), value)
  return root
}

function put(root: Container, parts: string[], value: unknown): void {
  let place = root
  for (const [index, part] of parts.entries()) {
    const key = keyIn(place, part)
    if (key === undefined) return
    if (index === parts.length - 1) {
      if (!isContainer(read(place, key))) write(place, key, value)
      return
    }
    if (read(place, key) === undefined) write(place, key, containerFor(parts[index + 1]))
    const next = read(place, key)
    if (!isContainer(next)) return
    place = next
  }
}

const listIndex = /^(?:0|[1-9]\d?)$/

const containerFor = (firstPart: string | undefined): Container =>
  firstPart !== undefined && listIndex.test(firstPart) ? [] : (Object.create(null) as Record<string, unknown>)

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

function keyIn(place: Container, part: string): string | undefined {
  return Array.isArray(place) && !listIndex.test(part) ? undefined : part
}

const read = (place: Container, key: string): unknown => (place as Record<string, unknown>)[key]

function write(place: Container, key: string, value: unknown): void {
  if (Array.isArray(place)) for (let index = place.length; index < Number(key); index++) place[index] = null
  ;(place as Record<string, unknown>)[key] = value
}
