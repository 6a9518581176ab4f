import { Holdfast } from '@holdfast/sdk'

/** Where this page came from, with the path the server is reached at, without a trailing slash. */
export const serverUrl = new URL('.', document.baseURI).href.replace(/\/$/, '')

/** The path part of it, for the router. */
export const basePath = new URL(document.baseURI).pathname

/** For what belongs to no project: the session itself, projects, operators. */
export const server = new Holdfast({ baseUrl: serverUrl, session: {}, maxRetries: 1 })

const clients = new Map<string, Holdfast>()

/** The client for what belongs to a project. */
export function serverFor(projectId: string): Holdfast {
  const client = clients.get(projectId) ?? new Holdfast({ baseUrl: serverUrl, session: { projectId }, maxRetries: 1 })
  clients.set(projectId, client)
  return client
}

/** The server writes addresses with its public name; a page opened by another name may load only from that one. */
export const sameOrigin = (url: string): string =>
  URL.canParse(url)
    ? serverUrl + new URL(url).pathname.replace(new URL(serverUrl).pathname.replace(/\/$/, ''), '')
    : url
