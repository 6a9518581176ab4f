import { templateNames } from '@holdfast/catalog'
import { readTemplate } from './template-reader.ts'

/** The first path segments below `/simulator/` that are not project ids. */
export const assetsPath = '/simulator/assets/'
export const consentPath = '/simulator/consent'
export const devicePath = '/simulator/device'

/** A provider's URL as the simulator is asked for it. The protocol is not kept: host and path say which call it is. */
export interface Address {
  projectId: string
  appKey: string
  host: string
  /** Begins with `/`, percent-encoded as it came. */
  path: string
}

/** `{baseUrl}/simulator/{projectId}/{appKey}/{host}{path}{query}`. */
export function simulatedUrl(baseUrl: string, projectId: string, appKey: string, url: URL): URL {
  const place = [projectId, appKey, url.host].map((part) => encodeURIComponent(part).replaceAll('%3A', ':')).join('/')
  // A page behind `#/` is drawn by the app's script; no server gets to see it, so its query becomes the page's own.
  const query = url.hash.startsWith('#/') ? url.hash.replace(/^[^?]*/, '') : url.search
  return new URL(`${baseUrl}/simulator/${place}${url.pathname}${query}`)
}

/** The path from `/simulator/` on: a proxy may or may not have cut off the path of the base URL. */
export function localPath(baseUrl: string, url: URL): string {
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '')
  return prefix !== '' && url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : url.pathname
}

/** The inverse of `simulatedUrl`. @returns Undefined where the path names no possible provider URL. */
export function parseAddress(path: string): Address | undefined {
  const match = /^\/simulator\/([^/]+)\/([^/]+)\/([^/]+)(\/.*)?$/s.exec(path)
  if (!match) return undefined
  const [projectId, appKey, host] = match.slice(1, 4).map((part) => decoded(part ?? ''))
  if (projectId === undefined || appKey === undefined || host === undefined || !isHost(host)) return undefined
  return { projectId, appKey, host, path: match[4] ?? '/' }
}

/** Matches the URLs that a template can become; the value of each name is captured. */
export interface UrlPattern {
  match(address: Pick<Address, 'host' | 'path'>): Record<string, string> | undefined
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads a URL template. In the host a name stands for DNS labels (for one, when listed in `singleLabels`), in the path for
 * a segment or a part of one. The query is not compared.
 *
 * @param scope `whole`: the path ends where the template ends. `below`: it may go on after a `/`.
 */
export function urlPattern(
  template: string,
  scope: 'whole' | 'below',
  singleLabels: ReadonlySet<string> = new Set(),
): UrlPattern {
  const { host, path } = splitTemplate(template)
  const segments = (scope === 'below' ? path.replace(/\/$/, '') : path).split('/')

  return {
    match(address) {
      const hostValues = readTemplate(host, address.host)
      if (!hostValues) return undefined
      for (const [name, value] of Object.entries(hostValues)) {
        const labels = value.split('.')
        if (labels.length > 1 && singleLabels.has(name)) return undefined
        if (!labels.every((part) => label.test(part))) return undefined
      }
      const given = address.path.split('/')
      if (scope === 'whole' ? given.length !== segments.length : given.length < segments.length) return undefined
      const values = hostValues
      for (const [index, segment] of segments.entries()) {
        const found = readTemplate(segment, given[index] ?? '')
        if (!found) return undefined
        for (const [name, text] of Object.entries(found)) {
          const value = decoded(text)
          if (value === undefined || value === '.' || value === '..') return undefined
          if (Object.hasOwn(values, name) && values[name] !== value) return undefined
          values[name] = value
        }
      }
      return values
    },
  }
}

/** Host and path as the URL parser writes them, the names still in place. */
function splitTemplate(template: string): { host: string; path: string } {
  const names = templateNames(template)
  const marked = names.reduce((text, name, index) => text.replaceAll(`{${name}}`, `hfname${index}x`), template)
  const unmarked = (text: string) => text.replace(/hfname(\d+)x/g, (_, index: string) => `{${names[Number(index)]}}`)
  const url = new URL(marked)
  return { host: unmarked(url.host), path: unmarked(url.pathname) }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function isHost(text: string): boolean {
  if (!URL.canParse(`https://${text}`)) return false
  const url = new URL(`https://${text}`)
  return url.host === text && url.href === `https://${text}/`
}
