import { type Config, type HoldfastOptions, resolveConfig } from '../config.ts'

/** What existing code gives its constructors. The fields Holdfast has no use for are taken and ignored. */
export interface ComposioOptions extends Omit<HoldfastOptions, 'apiKey' | 'baseUrl'> {
  apiKey?: string | null | undefined
  baseUrl?: string | null | undefined
  runtime?: string | null | undefined
  allowTracing?: boolean | undefined
  /** Used wherever a call names no entity. Default: `default`. */
  entityId?: string | null | undefined
  connectedAccountIds?: Record<string, string> | undefined
  workspaceConfig?: unknown
}

/** Keys and addresses may stay in the variables they are in; our own names win. */
export function resolveComposioConfig(options: ComposioOptions): Config {
  const { apiKey, baseUrl, fetch, timeoutMs, maxRetries } = options
  return resolveConfig(
    { apiKey: apiKey ?? undefined, baseUrl: baseUrl ?? undefined, fetch, timeoutMs, maxRetries },
    { apiKey: ['HOLDFAST_API_KEY', 'COMPOSIO_API_KEY'], baseUrl: ['HOLDFAST_BASE_URL', 'COMPOSIO_BASE_URL'] },
  )
}
