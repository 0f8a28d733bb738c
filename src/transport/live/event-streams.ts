import type { FastifyReply, FastifyRequest } from 'fastify';
import { Event } from '../../store/event.model';
import type { OperationTrace } from '../../tracing';
import type { Caller } from '../access/caller';
import { RunningOperation } from '../operations/running-operation';
import { EventStreamConnection } from './event-stream-connection';
import { readOperationRequest } from './event-stream-request';
import type { LiveConnections } from './live-connections';
import type { LiveOperations, OperationOutcome } from './live-operations';
import type { ResultStream } from './result-stream';

export interface EventStreamOptions {
  readonly operations: LiveOperations;
  readonly connections: LiveConnections;
  /** How long a client may accept no data, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** @throws UNAUTHENTICATED */
  refuseRevoked(caller: Caller): void;
}

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
  // nginx would otherwise buffer events.
  'x-accel-buffering': 'no',
};

/**
 * Operations as server-sent events, each on a connection of its own.
 * https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, "Distinct connections mode"
 */
export class EventStreams {
  constructor(private readonly options: EventStreamOptions) {}

  /**
   * Answers a request with a stream of its results.
   * @param trace of the request, if it is traced
   * @throws BadRequest, UNAUTHENTICATED, SERVICE_UNAVAILABLE before anything is sent
   */
  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    trace: OperationTrace | null,
  ): Promise<void> {
    const { operations, connections, stallTimeoutMs } = this.options;
    const sent = readOperationRequest(request);
    // Its body came after its credential was looked at.
    this.options.refuseRevoked(caller);
    connections.checkRoom();
    const connection = new EventStreamConnection(reply.raw, caller, stallTimeoutMs);
    reply.hijack();
    connection.start({ ...(reply.getHeaders() as Record<string, string>), ...headers });
    connections.add(connection);
    connection.expireAt(caller.expiresAt);
    const running = new RunningOperation(request.id, caller, 'sse');
    const scope = operations.scope();
    const leave = () => scope.leave();
    connection.signal.addEventListener('abort', leave);
    try {
      const outcome = await operations.run(sent, running, scope, trace);
      connection.signal.removeEventListener('abort', leave);
      // Before the client takes its time to receive the results.
      request.releaseBody?.();
      await this.send(outcome, connection, running.requestId);
    } finally {
      scope.release();
      connections.delete(connection);
      connection.end();
    }
  }

  private async send(outcome: OperationOutcome, connection: EventStreamConnection, requestId: string) {
    switch (outcome.kind) {
      case 'refused': {
        const errors = this.options.operations.formatErrors(outcome.errors, requestId);
        await connection.send('next', JSON.stringify({ errors }));
        break;
      }
      case 'result':
        await connection.send('next', JSON.stringify(outcome.result));
        break;
      case 'stream':
        await pump(outcome.stream, connection);
        break;
    }
    await connection.send('complete', '');
  }
}

/** Sends results until there are no more, the client has disconnected or the server is stopping. */
async function pump(stream: ResultStream, connection: EventStreamConnection): Promise<void> {
  const end = () => void stream.return();
  connection.signal.addEventListener('abort', end);
  if (connection.signal.aborted) end();
  for await (const result of stream) {
    await connection.send('next', JSON.stringify(result), placeOf(stream.lastEvent));
  }
}

/** The id that a browser's EventSource sends back when it reconnects, to resume after the event. */
function placeOf(event: object | null): number | null {
  return event instanceof Event ? event.position : null;
}
