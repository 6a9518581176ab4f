/** The images that a logo may be. Not SVG, which is a program as well as a picture. */
export type ImageType = 'image/png' | 'image/jpeg' | 'image/webp'

export const maxLogoBytes = 64 * 1024
const maxLogoEdge = 1024

/** @returns What the bytes are, whatever they were called; undefined for anything else. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const starts = (...signs: number[]) => signs.every((sign, index) => bytes[index] === sign)
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (starts(0x52, 0x49, 0x46, 0x46) && Buffer.from(bytes.subarray(8, 12)).toString('latin1') === 'WEBP')
    return 'image/webp'
  return undefined
}

/** A small file can hold a picture that fills the memory of a phone: the size that a PNG says it has (PNG §11.2.2). */
export function isTooLarge(bytes: Uint8Array, type: ImageType): boolean {
  if (type !== 'image/png') return false
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.length < 24 || view.readUInt32BE(16) > maxLogoEdge || view.readUInt32BE(20) > maxLogoEdge
}
