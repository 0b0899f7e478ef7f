/** Traces by OpenTelemetry's SDK, sent to a collector by OTLP over HTTP. Loaded only where a collector is set. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { AppError } from '../domain/errors.ts';
import { type Attributes, noTracing, type OpenSpan, type SpanOptions, type Tracing } from './tracing.ts';

export interface OpenTelemetryOptions {
  /** The collector's address, without `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly version: string;
  /** The share of traces that are kept, 0 to 1. */
  readonly share: number;
  /** Called when sending begins to fail, and again after it has worked meanwhile. */
  onTrouble(error: Error | undefined): void;
}

/** The wait for what is left at the end; a collector that is away must not hold up the stop. */
const flushMs = 2000;

const kinds = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT };

export function startOpenTelemetry(options: OpenTelemetryOptions): Tracing & AsyncDisposable {
  const { endpoint, headers, serviceName, version, share } = options;
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers: { ...headers } });
  // A client's trace is joined, but whether it is kept is not the client's to say.
  const root = new TraceIdRatioBasedSampler(share);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    sampler: new ParentBasedSampler({ root, remoteParentSampled: root, remoteParentNotSampled: root }),
    spanProcessors: [new BatchSpanProcessor(watched(exporter, options.onTrouble))],
  });
  const tracer = provider.getTracer('colloquy', version);
  const current = new AsyncLocalStorage<Context>();

  function start({ name, kind = 'internal', attributes = {} }: SpanOptions, parent: Context): OtelSpan {
    return tracer.startSpan(name, { kind: kinds[kind], attributes: withValues(attributes) }, parent);
  }

  return {
    span(spanOptions, run) {
      const { place } = spanOptions;
      const around = current.getStore();
      if (place === 'inner' && around === undefined) return noTracing.span(spanOptions, run);
      const parent = place === 'root' ? ROOT_CONTEXT : (around ?? ROOT_CONTEXT);
      const span = start(spanOptions, parent);
      return current.run(trace.setSpan(parent, span), async () => {
        const own = toOpenSpan(span);
        try {
          return await run(own);
        } catch (error) {
          own.fail(error instanceof AppError ? error.code : nameOf(error));
          throw error;
        } finally {
          span.end();
        }
      });
    },
    begin(spanOptions, remote) {
      const around = current.getStore() ?? ROOT_CONTEXT;
      const parent =
        remote === undefined
          ? around
          : trace.setSpanContext(ROOT_CONTEXT, { ...remote, traceFlags: TraceFlags.SAMPLED, isRemote: true });
      const span = start(spanOptions, parent);
      const context = trace.setSpan(parent, span);
      return { ...toOpenSpan(span), within: (run) => current.run(context, run) };
    },
    async [Symbol.asyncDispose]() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, flushMs).unref());
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

function toOpenSpan(span: OtelSpan): OpenSpan {
  return {
    set: (attributes) => void span.setAttributes(withValues(attributes)),
    fail(type) {
      span.setAttribute('error.type', type);
      // Without a message, since errors of providers may quote a prompt.
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    rename: (name) => void span.updateName(name),
    within: (run) => run(),
    end: () => span.end(),
  };
}

function withValues(attributes: Attributes): Record<string, string | number | boolean | string[]> {
  const entries = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === 'object' ? [...value] : value] as const],
  );
  return Object.fromEntries(entries);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}

/** Tells of the first failure of a row of failures, and of its end. */
function watched(exporter: SpanExporter, onTrouble: OpenTelemetryOptions['onTrouble']): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const hasFailed = result.code !== 0;
        if (hasFailed !== isFailing)
          onTrouble(hasFailed ? (result.error ?? new Error('unknown')) : undefined);
        isFailing = hasFailed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
