import { AppError } from '../errors.ts'

/**
 * Whether a request with a cookie comes from a page of ours. Browsers send `Origin` with every request that may change
 * something, and no page can forge it or Fetch Metadata, so a request that says neither is refused as well.
 */
export function isOwnPage(headers: Headers, baseUrl: string): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  return headers.get('origin') === new URL(baseUrl).origin
}

/** @throws {AppError} forbidden. */
export function requireOwnPage(headers: Headers, baseUrl: string): void {
  if (!isOwnPage(headers, baseUrl))
    throw new AppError(
      'forbidden',
      `Requests of signed-in operators that change something must come from the dashboard at ${baseUrl}.`,
    )
}
