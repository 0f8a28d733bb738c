import { type Context, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { mongo } from 'mongoose';

/**
 * A span for each command that is sent under a context of ours, by the names of OpenTelemetry's conventions for
 * databases. Never what is in it: that can be a payload.
 */
export function traceCommands(
  client: mongo.MongoClient,
  tracer: Tracer,
  contextNow: () => Context | undefined,
): void {
  const open = new Map<number, Span>();
  client.on('commandStarted', ({ requestId, commandName, databaseName, command, address }) => {
    const context = contextNow();
    // What goes on by itself after an operation has ended, as a heartbeat that it has set off, is none of its trace.
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
