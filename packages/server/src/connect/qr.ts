import { encode } from 'uqr'

/** @returns The dark squares as one SVG path on a square of `size`, with the quiet zone that readers need (ISO/IEC 18004). */
export function qrPath(text: string): { path: string; size: number } {
  const { data, size } = encode(text, { ecc: 'M', border: 3 })
  const runs = data.flatMap((row, y) => {
    const found: string[] = []
    for (let x = 0; x < size; x++) {
      if (!row[x]) continue
      const start = x
      while (row[x + 1]) x++
      found.push(`M${start} ${y}h${x - start + 1}v1h-${x - start + 1}z`)
    }
    return found
  })
  return { path: runs.join(''), size }
}
