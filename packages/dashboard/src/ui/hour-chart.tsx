export interface HourBar {
  start: string
  good: number
  bad: number
}

const width = 480
const height = 96
const gap = 3

const hourOf = (iso: string) =>
  new Date(iso).toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false })

/** A day by its hours: what went well below, what did not on top. The same is a table for those who do not see it. */
export function HourChart({
  label,
  bars,
  good,
  bad,
}: {
  label: string
  bars: readonly HourBar[]
  good: string
  bad: string
}) {
  const most = Math.max(1, ...bars.map((bar) => bar.good + bar.bad))
  const step = width / Math.max(bars.length, 1)
  const scale = (value: number) => (value / most) * (height - 6)
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" className="h-24 w-full" aria-hidden="true">
        {[0.5, 1].map((line) => (
          <line
            key={line}
            x1="0"
            x2={width}
            y1={height - scale(most * line)}
            y2={height - scale(most * line)}
            className="stroke-line"
            strokeDasharray="2 4"
            vectorEffect="non-scaling-stroke"
          />
        ))}
        <line
          x1="0"
          x2={width}
          y1={height - 0.5}
          y2={height - 0.5}
          className="stroke-line-strong"
          vectorEffect="non-scaling-stroke"
        />
        {bars.map((bar, index) => {
          const x = index * step + gap / 2
          const goodHeight = scale(bar.good)
          const badHeight = scale(bar.bad)
          return (
            <g key={bar.start}>
              <title>{`${hourOf(bar.start)}: ${bar.good} ${good}, ${bar.bad} ${bad}`}</title>
              <rect x={index * step} y="0" width={step} height={height} className="fill-transparent hover:fill-hover" />
              <rect
                x={x}
                y={height - goodHeight}
                width={step - gap}
                height={goodHeight}
                rx="1.5"
                className="fill-accent-solid pointer-events-none"
              />
              <rect
                x={x}
                y={height - goodHeight - badHeight - (badHeight > 0 && goodHeight > 0 ? 1 : 0)}
                width={step - gap}
                height={badHeight}
                rx="1.5"
                className="fill-bad-dot pointer-events-none"
              />
            </g>
          )
        })}
      </svg>
      <figcaption className="mt-1.5 flex justify-between text-2xs text-faint">
        <span>{bars[0] && hourOf(bars[0].start)}</span>
        <span>{label}</span>
        <span>now</span>
      </figcaption>
      <table className="sr-only">
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">Hour</th>
            <th scope="col">{good}</th>
            <th scope="col">{bad}</th>
          </tr>
        </thead>
        <tbody>
          {bars
            .filter((bar) => bar.good + bar.bad > 0)
            .map((bar) => (
              <tr key={bar.start}>
                <th scope="row">{hourOf(bar.start)}</th>
                <td>{bar.good}</td>
                <td>{bar.bad}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  )
}
