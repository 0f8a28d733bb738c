import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Context,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { mongo } from 'mongoose';
import { buildInfo } from '../build-info';
import type { Log } from '../log';
import type { OperationTrace, RequestTrace, TracedOperation, Tracing } from '../tracing';
import type { OperationRecord } from '../transport/operations/operation-observer';
import { traceCommands } from './command-spans';

/** How long a shutdown waits for the last traces to be sent. */
const flushTimeoutMs = 2_000;

const propagator = new W3CTraceContextPropagator();
const headerGetter = {
  keys: (headers: IncomingHttpHeaders) => Object.keys(headers),
  get: (headers: IncomingHttpHeaders, key: string) => headers[key],
};
const headerSetter = {
  set: (headers: Record<string, string>, key: string, value: string) => void (headers[key] = value),
};

/**
 * Traces to an OpenTelemetry collector by OTLP over HTTP, as JSON, in batches. The other OTEL_… variables of the SDK
 * (headers, sampler, resource attributes, batch sizes) apply too.
 * @param endpoint the collector's address; traces go to `v1/traces` below it
 */
export function openTelemetry(endpoint: string, log: Log): Tracing {
  diag.setLogger(diagnosticsTo(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': 'conversation-session-service',
          'service.version': buildInfo.version,
        }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  });
  const tracer = provider.getTracer('conversation-session-service', buildInfo.version);
  return new OpenTelemetryTracing(tracer, async () => {
    // Retries to an unavailable collector take longer than a shutdown should, and have been logged.
    const flushed = provider.shutdown().catch(() => undefined);
    await Promise.race([flushed, sleep(flushTimeoutMs)]);
  });
}

class OpenTelemetryTracing implements Tracing {
  /** The parent span of commands: an operation or a batch. */
  private readonly contexts = new AsyncLocalStorage<Context>();

  constructor(
    private readonly tracer: Tracer,
    private readonly shutDown: () => Promise<void>,
  ) {}

  startRequest(method: string, headers: IncomingHttpHeaders): RequestTrace {
    const parent = propagator.extract(ROOT_CONTEXT, headers, headerGetter);
    const attributes = { 'http.request.method': method };
    const span = this.tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    const context = trace.setSpan(parent, span);
    return {
      headers: headersOf(context),
      runOperation: (record, work) => this.runOperation(context, record, work),
      end: (route, status) => endRequest(span, method, route, status),
    };
  }

  startOperation(): OperationTrace {
    return { runOperation: (record, work) => this.runOperation(ROOT_CONTEXT, record, work, SpanKind.SERVER) };
  }

  current(): TracedOperation {
    return this.contexts.getStore() ?? null;
  }

  async runBatch<T>(operations: readonly TracedOperation[], work: () => Promise<T>): Promise<T> {
    const contexts = [...new Set(operations)].filter((context): context is Context => context !== null);
    const [first = ROOT_CONTEXT, ...others] = contexts;
    const links = others.flatMap((context) => trace.getSpanContext(context) ?? []);
    const span = this.tracer.startSpan(
      'store events',
      {
        links: links.map((context) => ({ context })),
        attributes: { 'conversation.events': operations.length },
      },
      first,
    );
    for (const other of others) trace.getSpan(other)?.addLink({ context: span.spanContext() });
    try {
      return await this.contexts.run(trace.setSpan(first, span), work);
    } finally {
      span.end();
    }
  }

  watchCommands(client: mongo.MongoClient): void {
    traceCommands(client, this.tracer, () => this.contexts.getStore());
  }

  close(): Promise<void> {
    return this.shutDown();
  }

  private async runOperation<T>(
    parent: Context,
    record: () => OperationRecord,
    work: () => Promise<T>,
    kind = SpanKind.INTERNAL,
  ): Promise<T> {
    const span = this.tracer.startSpan('GraphQL operation', { kind }, parent);
    try {
      return await this.contexts.run(trace.setSpan(parent, span), work);
    } finally {
      endOperation(span, record());
    }
  }
}

/** W3C Trace Context Level 2 names the response header traceresponse; many clients look for traceparent. */
function headersOf(context: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagator.inject(context, headers, headerSetter);
  return headers.traceparent === undefined ? headers : { ...headers, traceresponse: headers.traceparent };
}

function endRequest(span: Span, method: string, route: string, status: number): void {
  span.updateName(`${method} ${route}`);
  span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Never records the document, which can contain literals; the name is cut to a hundred characters. */
function endOperation(span: Span, record: OperationRecord): void {
  const { operationName, operationType, cost, errorCodes, requestId, caller } = record;
  const name = operationName?.slice(0, 100) ?? null;
  if (operationType !== null) span.updateName(name === null ? operationType : `${operationType} ${name}`);
  span.setAttributes({
    ...(operationType !== null && { 'graphql.operation.type': operationType }),
    ...(name !== null && { 'graphql.operation.name': name }),
    ...(cost !== null && { 'conversation.cost': cost }),
    'conversation.request_id': requestId,
    'conversation.caller': caller,
  });
  if (errorCodes.length > 0) {
    span.setAttribute('conversation.error_codes', [...errorCodes]);
    span.setStatus({ code: SpanStatusCode.ERROR, message: errorCodes[0] });
  }
  span.end();
}

function diagnosticsTo(log: Log) {
  const note = (level: 'debug' | 'warn') => (message: string) =>
    log[level]({ reason: message }, 'traces are not sent as they should be');
  return {
    error: note('warn'),
    warn: note('warn'),
    info: note('debug'),
    debug: note('debug'),
    verbose: note('debug'),
  };
}
