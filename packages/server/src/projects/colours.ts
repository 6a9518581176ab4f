/**
 * A project's colour, made fit to be read. WCAG 2.2 asks for 4.5:1 between text and its ground (SC 1.4.3) and 3:1 between
 * a button and what is around it (SC 1.4.11). The button has the colour itself and text that can be read on it; where it
 * would not stand out, its edge does. Links have the nearest lighter or darker colour that can be read.
 */
export interface BrandColours {
  light: BrandColourSet
  dark: BrandColourSet
}

/** Colours as `#rrggbb`. */
export interface BrandColourSet {
  button: string
  /** Around the button. */
  buttonEdge: string
  buttonHover: string
  onButton: string
  /** Links and the ring around what has the focus. */
  accent: string
}

/** The lightest and the darkest ground on which links and buttons stand; the same as in `connect.css`. */
const grounds = { light: ['#ffffff', '#f2f4f8'], dark: ['#1c2231', '#0c0f17'] } as const

const textRatio = 4.5
const shapeRatio = 3

/** @param colour `#rrggbb`. */
export function brandColours(colour: string): BrandColours {
  const setFor = (theme: 'light' | 'dark'): BrandColourSet => {
    const target = theme === 'light' ? '#000000' : '#ffffff'
    const until = (ratio: number) => nearest(colour, target, (candidate) => fits(candidate, grounds[theme], ratio))
    const onButton = contrast(colour, '#ffffff') >= textRatio ? '#ffffff' : '#000000'
    return {
      button: colour,
      buttonEdge: until(shapeRatio),
      // Away from the text, so that it is read even better.
      buttonHover: mix(colour, onButton === '#ffffff' ? '#000000' : '#ffffff', 0.14),
      onButton,
      accent: until(textRatio),
    }
  }
  return { light: setFor('light'), dark: setFor('dark') }
}

const fits = (colour: string, on: readonly string[], ratio: number) =>
  on.every((ground) => contrast(colour, ground) >= ratio)

function nearest(colour: string, target: string, good: (candidate: string) => boolean): string {
  for (let step = 0; step < 100; step++) {
    const candidate = mix(colour, target, step / 100)
    if (good(candidate)) return candidate
  }
  return target
}

function mix(from: string, to: string, share: number): string {
  const [one, other] = [channels(from), channels(to)]
  return `#${one.map((value, index) => hex(value + ((other[index] ?? 0) - value) * share)).join('')}`
}

const hex = (value: number) => Math.round(value).toString(16).padStart(2, '0')

const channels = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))

/** From 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
