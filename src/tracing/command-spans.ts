import { type Context, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { mongo } from 'mongoose';

/**
 * Creates a span for each command sent in a traced context, named by OpenTelemetry's conventions for databases. Never
 * records the command itself, which can contain payloads.
 */
export function traceCommands(
  client: mongo.MongoClient,
  tracer: Tracer,
  contextNow: () => Context | undefined,
): void {
  const open = new Map<number, Span>();
  client.on('commandStarted', ({ requestId, commandName, databaseName, command, address }) => {
    const context = contextNow();
    // Background commands that outlive the operation, such as heartbeats, are not part of its trace.
    if (context === undefined || trace.getSpan(context)?.isRecording() === false) return;
    const collection: unknown = command[commandName];
    const target = typeof collection === 'string' ? ` ${collection}` : '';
    const attributes = {
      'db.system.name': 'mongodb',
      'db.operation.name': commandName,
      'db.namespace': databaseName,
      ...(typeof collection === 'string' && { 'db.collection.name': collection }),
      'server.address': address,
    };
    open.set(
      requestId,
      tracer.startSpan(`${commandName}${target}`, { kind: SpanKind.CLIENT, attributes }, context),
    );
  });
  const end = (requestId: number, failure?: string): void => {
    const span = open.get(requestId);
    if (span === undefined) return;
    open.delete(requestId);
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    span.end();
  };
  client.on('commandSucceeded', ({ requestId }) => end(requestId));
  client.on('commandFailed', ({ requestId, failure }) => end(requestId, failure.name));
}
