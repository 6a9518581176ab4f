import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { AppError, invalid } from '../errors.ts'
import type { BrandingRow, Store } from '../store/index.ts'
import { imageTypeOf, isTooLarge, maxLogoBytes } from './images.ts'
import type { Branding, BrandingChanges, BrandingService } from './types.ts'

/** How the connect pages of a project look. A project that said nothing has a row with nothing in it. */
export function createBranding({ store, clock }: { store: Store; clock: Clock }): BrandingService {
  const find = async (projectId: string): Promise<BrandingRow> =>
    (await store.branding.find(projectId)) ?? {
      project_id: projectId,
      name: null,
      color: null,
      logo: null,
      logo_type: null,
      privacy_url: null,
      embed_origins: '[]',
      help_urls: '{}',
      show_account: 0,
      updated_at: 0,
    }

  return {
    async get(projectId) {
      return toBranding(await find(projectId))
    },

    async logo(projectId) {
      const { logo, logo_type } = await find(projectId)
      return logo === null || logo_type === null ? undefined : { bytes: Buffer.from(logo, 'base64'), type: logo_type }
    },

    async update(projectId, changes) {
      if (!(await store.projects.find(projectId))) throw new AppError('not_found', 'There is no such project.')
      const row = { ...(await find(projectId)), ...columnsOf(changes), updated_at: clock.now().getTime() }
      await store.branding.save(row)
      return toBranding(row)
    },
  }
}

function columnsOf(changes: BrandingChanges): Partial<BrandingRow> {
  const { name, color, logo, privacyUrl, embedOrigins, helpUrls, showAccount } = changes
  return {
    ...(name !== undefined && { name }),
    ...(color !== undefined && { color: color?.toLowerCase() ?? null }),
    ...(logo !== undefined && logoColumns(logo)),
    ...(privacyUrl !== undefined && {
      privacy_url: privacyUrl === null ? null : checkedHttps(privacyUrl, 'privacyUrl'),
    }),
    ...(embedOrigins !== undefined && { embed_origins: JSON.stringify(embedOrigins.map(checkedOrigin)) }),
    ...(helpUrls && { help_urls: JSON.stringify(checkedHelp(helpUrls)) }),
    ...(showAccount !== undefined && { show_account: showAccount ? 1 : 0 }),
  }
}

/** @param logo A `data:` URL. @throws {AppError} validation_failed. */
function logoColumns(logo: string | null): Pick<BrandingRow, 'logo' | 'logo_type'> {
  if (logo === null) return { logo: null, logo_type: null }
  const problem = (message: string) => invalid({ property: 'logo', message })
  const encoded = /^data:image\/[a-z0-9.+-]+;base64,([A-Za-z0-9+/]+={0,2})$/i.exec(logo)?.[1]
  if (encoded === undefined)
    throw problem('must be a data: URL with base64, such as data:image/png;base64,…; a picture elsewhere is not loaded')
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length > maxLogoBytes) throw problem(`is ${bytes.length} bytes; at most ${maxLogoBytes}`)
  const type = imageTypeOf(bytes)
  if (type === undefined) throw problem('is no PNG, JPEG or WebP; an SVG can run code, so send it as a PNG')
  if (isTooLarge(bytes, type)) throw problem('is larger than 1024 pixels; 256 are plenty')
  return { logo: bytes.toString('base64'), logo_type: type }
}

const checkedHelp = (urls: Record<string, string>) =>
  Object.fromEntries(Object.entries(urls).map(([field, url]) => [field, checkedHttps(url, `helpUrls.${field}`)]))

function checkedHttps(url: string, property: string): string {
  const problem = invalid({ property, message: 'must be an https URL without user information' })
  if (!URL.canParse(url)) throw problem
  const { protocol, username, password, href } = new URL(url)
  if (protocol !== 'https:' || username !== '' || password !== '') throw problem
  return href
}

/** An origin as a Content-Security-Policy takes it: nothing in it can end the directive. */
function checkedOrigin(origin: string, index: number): string {
  const problem = invalid({
    property: `embedOrigins.${index}`,
    message: 'must be an origin such as https://app.example, without a path or *; http only on this machine',
  })
  if (!URL.canParse(origin)) throw problem
  const url = new URL(origin)
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.origin !== origin.replace(/\/$/, '').toLowerCase()) throw problem
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) throw problem
  if (/[*;,\s]/.test(url.origin)) throw problem
  return url.origin
}

const toBranding = (row: BrandingRow): Branding => ({
  name: row.name,
  color: row.color,
  logo:
    row.logo === null || row.logo_type === null
      ? null
      : {
          type: row.logo_type,
          bytes: Buffer.byteLength(row.logo, 'base64'),
          version: createHash('sha256').update(row.logo).digest('base64url').slice(0, 16),
        },
  privacyUrl: row.privacy_url,
  embedOrigins: JSON.parse(row.embed_origins) as string[],
  helpUrls: JSON.parse(row.help_urls) as Record<string, string>,
  showAccount: row.show_account === 1,
})
