/** Spans, as a port: rooms say what takes time, and do not know whether anyone looks. */
export interface Tracing {
  /**
   * Runs `work` inside a span that is the child of the one around it; a rejection marks the span and is passed on
   * unchanged. Attributes follow OpenTelemetry's names where it has one and hold no secret, no query and no person's name.
   */
  span<Result>(name: string, attributes: SpanAttributes, work: (span: Span) => Promise<Result>): Promise<Result>
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface Span {
  set(attributes: SpanAttributes): void
}

const noSpan: Span = { set() {} }

export const noTracing: Tracing = { span: (_name, _attributes, work) => work(noSpan) }
