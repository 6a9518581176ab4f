/**
 * Telemetry owns where figures and spans go: counters and histograms for Prometheus, spans for an OpenTelemetry collector.
 * The rooms that do the work know only the ports `metrics.ts` and `tracing.ts`.
 */
import type { Tracing } from '../tracing.ts'
import type { ExportOptions } from './open-telemetry.ts'

export { observed } from './http.ts'
export type { ExportOptions } from './open-telemetry.ts'
export { createPrometheus, type Exposition, type Prometheus } from './prometheus.ts'
export { traced } from './provider-calls.ts'
export { type AccountCount, createReadings, type ReadingSources } from './readings.ts'

/** Starts exporting spans. The packages for it take time and memory to load, so only here. */
export async function startTracing(options: ExportOptions): Promise<Tracing & { close(): Promise<void> }> {
  const { exportSpans } = await import('./open-telemetry.ts')
  return exportSpans(options)
}
