import { useMemo } from 'react'
import { encode } from 'uqr'

/** Light around the code without which cameras do not find it, in its own squares (ISO/IEC 18004). */
const quietZone = 4

/** A QR code, dark on light in either theme since cameras want it so. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { path, size } = useMemo(() => {
    const { data, size } = encode(text, { ecc: 'M', border: quietZone })
    const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
    return { path: squares.join(''), size }
  }, [text])
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-44 rounded-lg bg-white"
    >
      <path d={path} fill="#000" />
    </svg>
  )
}
