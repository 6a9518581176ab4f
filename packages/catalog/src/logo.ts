import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { AppDefinition } from './schema.ts'

type Face = Pick<AppDefinition, 'key' | 'name' | 'logo'>

/**
 * An SVG of 24 × 24 units: the brand's icon in its colour, or the first letters of the name on a coloured tile.
 * Some brands are black, so a dark page puts it on a light ground.
 */
export function appLogo(app: Face): string {
  const icon = app.logo && readIcon(app.logo.simpleIcon)
  return icon ? icon.replace('<svg ', `<svg fill="${app.logo?.color ?? '#3f3f46'}" `) : monogram(app)
}

/** Reads the one file: the package's index holds all icons and takes megabytes. */
function readIcon(slug: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(import.meta.resolve(`simple-icons/icons/${slug}.svg`)), 'utf8')
  } catch {
    return undefined
  }
}

/** Each has a contrast of at least 4.5 : 1 with white (WCAG 2.2, 1.4.3). */
export const monogramColours = [
  '#b42318',
  '#9a3412',
  '#854d0e',
  '#3f6212',
  '#166534',
  '#115e59',
  '#155e75',
  '#1d4ed8',
  '#4338ca',
  '#6d28d9',
  '#a21caf',
  '#be185d',
] as const

function monogram(app: Face): string {
  const words = app.name.match(/[\p{L}\p{N}]+/gu) ?? [app.key]
  const letters = words
    .slice(0, 2)
    .map((word) => Array.from(word)[0] ?? '')
    .join('')
    .toUpperCase()
  const sum = Array.from(app.key).reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
  const colour = monogramColours[sum % monogramColours.length]
  return [
    '<svg role="img" viewBox="0 0 24 24" xmlns="http://www.w3.org/2000/svg">',
    `<title>${escapeXml(app.name)}</title>`,
    `<rect width="24" height="24" rx="5" fill="${colour}"/>`,
    '<text x="12" y="12" dy=".36em" text-anchor="middle" font-family="system-ui,sans-serif" font-size="11"',
    ` font-weight="600" fill="#ffffff">${escapeXml(letters)}</text>`,
    '</svg>',
  ].join('')
}

const escapeXml = (text: string) =>
  text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/\p{Cc}/gu, ' ')
