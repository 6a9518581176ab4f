import { brandColours } from '../projects/index.ts'
import type { Branding } from '../projects/types.ts'

/** What a page shows of the project besides its name. */
export interface Brand {
  logoUrl: string | undefined
  /** Addresses of the project's colours; undefined: ours. */
  colours: { light: string; dark: string } | undefined
  privacyUrl: string | null
  embedOrigins: readonly string[]
  helpUrls: Readonly<Record<string, string>>
  showAccount: boolean
}

export const noBrand: Brand = {
  logoUrl: undefined,
  colours: undefined,
  privacyUrl: null,
  embedOrigins: [],
  helpUrls: {},
  showAccount: false,
}

/** @param assets Where assets are served, without a trailing slash. */
export function brandOf({ color, logo, ...rest }: Branding, projectId: string, assets: string): Brand {
  return {
    logoUrl: logo ? `${assets}/brands/${projectId}/logo?v=${logo.version}` : undefined,
    colours:
      color === null
        ? undefined
        : {
            light: `${assets}/colours/${color.slice(1)}-light.css`,
            dark: `${assets}/colours/${color.slice(1)}-dark.css`,
          },
    privacyUrl: rest.privacyUrl,
    embedOrigins: rest.embedOrigins,
    helpUrls: rest.helpUrls,
    showAccount: rest.showAccount,
  }
}

/** The colours as a style sheet: the policy of the pages allows no style on the page itself. */
export function colourSheet(hex: string, theme: 'light' | 'dark'): string {
  const { button, buttonEdge, buttonHover, onButton, accent } = brandColours(`#${hex}`)[theme]
  return `:root{--button:${button};--button-edge:${buttonEdge};--button-hover:${buttonHover};--on-button:${onButton};--accent:${accent}}\n`
}
