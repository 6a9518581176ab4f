import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, type Span as OtelSpan, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Span, SpanAttributes, Tracing } from '../tracing.ts'

export interface ExportOptions {
  /** Of an OTLP/HTTP collector; `/v1/traces` is added. */
  endpoint: string
  serviceName: string
  version: string
  /** Tells this process from the others. */
  processId: string
  /** 0 to 1: how many of the traces that begin here are kept. One that a caller began follows the caller's choice. */
  sampleRatio: number
  onError: (error: Error) => void
}

/** A collector that is away costs a line a minute in the log, not one a batch. */
const errorEveryMs = 60_000
const batch = { scheduledDelayMillis: 2_000, exportTimeoutMillis: 10_000, maxQueueSize: 4_096 }

export function exportSpans({
  endpoint,
  serviceName,
  version,
  processId,
  sampleRatio,
  onError,
}: ExportOptions): Tracing & { close(): Promise<void> } {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  const processor = new BatchSpanProcessor({ exporter: reporting(exporter, onError), ...batch })
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': serviceName,
        'service.version': version,
        'service.instance.id': processId,
      }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [processor],
  })
  const tracer = provider.getTracer('holdfast', version)
  const propagator = new W3CTraceContextPropagator()
  // Our own instead of OpenTelemetry's global one: nothing is registered, and two servers in one process do not mix.
  const current = new AsyncLocalStorage<Context>()

  const run = async <Result>(
    kind: SpanKind,
    name: string,
    attributes: SpanAttributes,
    parent: Context,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> => {
    const span = tracer.startSpan(name, { kind, attributes }, parent)
    try {
      return await current.run(trace.setSpan(parent, span), () => work(adapt(span)))
    } catch (error) {
      // The kind only: messages are for the log, which cuts out what is secret.
      span.setAttribute('error.type', kindOf(error))
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  }
  const around = () => current.getStore() ?? ROOT_CONTEXT

  return {
    span: (name, attributes, work) => run(SpanKind.INTERNAL, name, attributes, around(), work),
    call: (name, attributes, work) => run(SpanKind.CLIENT, name, attributes, around(), work),
    request: (name, attributes, headers, work) =>
      run(SpanKind.SERVER, name, attributes, propagator.extract(ROOT_CONTEXT, headers, fromHeaders), work),
    close: () => Promise.race([provider.shutdown(), givenUp()]).catch(onError),
  }
}

/** The last spans are not worth holding up the end of the process. */
const closeWithinMs = 2_000

const givenUp = () =>
  new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('the last spans were not taken in time')), closeWithinMs).unref()
  })

const adapt = (span: OtelSpan): Span => ({
  set: (attributes) => void span.setAttributes(attributes),
  failed: () => void span.setStatus({ code: SpanStatusCode.ERROR }),
})

const fromHeaders = {
  get: (headers: Headers, name: string) => headers.get(name) ?? undefined,
  keys: (headers: Headers) => [...headers.keys()],
}

function kindOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown'
}

function reporting(exporter: SpanExporter, onError: (error: Error) => void): SpanExporter {
  let lastReport = Number.NEGATIVE_INFINITY
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const now = performance.now()
        if (result.code !== ExportResultCode.SUCCESS && now - lastReport > errorEveryMs) {
          lastReport = now
          onError(result.error ?? new Error('the collector did not take the spans'))
        }
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}
