/** Spans, as a port: rooms say what takes time, and do not know whether anyone looks. */
export interface Tracing {
  /**
   * Runs `work` inside a span that is the child of the one around it; a rejection marks the span and is passed on
   * unchanged. Attributes follow OpenTelemetry's names where it has one and hold no secret, no query and no person's name.
   */
  span<Result>(name: string, attributes: SpanAttributes, work: (span: Span) => Promise<Result>): Promise<Result>
  /** A span for a call to another server. */
  call<Result>(name: string, attributes: SpanAttributes, work: (span: Span) => Promise<Result>): Promise<Result>
  /** A span for a request that came in. It continues the trace of the caller, if `headers` name one (W3C Trace Context). */
  request<Result>(
    name: string,
    attributes: SpanAttributes,
    headers: Headers,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result>
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface Span {
  set(attributes: SpanAttributes): void
  /** Marks what ended without an exception as failed all the same. */
  failed(): void
}

const noSpan: Span = { set() {}, failed() {} }

export const noTracing: Tracing = {
  span: (_name, _attributes, work) => work(noSpan),
  call: (_name, _attributes, work) => work(noSpan),
  request: (_name, _attributes, _headers, work) => work(noSpan),
}
