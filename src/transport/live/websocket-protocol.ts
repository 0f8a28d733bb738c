import type {
  ExecutionArgs,
  FormattedExecutionResult,
  GraphQLError,
  GraphQLFormattedError,
  GraphQLSchema,
} from 'graphql';
import {
  type Context,
  makeServer,
  type OperationResult,
  type Server,
  type SubscribePayload,
} from 'graphql-ws';
import { DomainError, serviceUnavailable } from '../../errors';
import type { Log } from '../../log';
import type { Tracing } from '../../tracing';
import type { Caller } from '../access/caller';
import { asGraphQLError, textError } from '../operations/refusals';
import { RunningOperation } from '../operations/running-operation';
import {
  type LiveOperations,
  maxKeptBytes,
  type OperationOutcome,
  type OperationRequest,
} from './live-operations';
import { MessageReader } from './message-reader';
import { closeCodes, type WebSocketConnection } from './websocket-connection';

export interface ProtocolOptions {
  readonly schema: GraphQLSchema;
  readonly operations: LiveOperations;
  readonly initTimeoutMs: number;
  readonly maxOperationsPerConnection: number;
  readonly log: Log;
  /** Looks through a message before it is parsed; the promise rejects with BadRequest. Null where it need not be. */
  checkMessage(message: Buffer): Promise<void> | null;
  /**
   * The caller that opens a connection with this payload of `connection_init`.
   * @throws DomainError
   */
  authenticate(payload: unknown, connection: WebSocketConnection): Caller | Promise<Caller>;
  isStopping(): boolean;
  /** Null if nothing is traced. */
  readonly tracing: Tracing | null;
}

type Connected = Context<Record<string, unknown>, WebSocketConnection>;
/** The data that the library passes from the start of an operation to its execution. */
type StartedArgs = ExecutionArgs & { readonly outcome: OperationOutcome };

/** It is repeated in every message of the operation; clients send a UUID or a number. */
const maxIdLength = 128;
const idTooLong = () =>
  textError(`The id of an operation has at most ${maxIdLength} characters.`, 'BAD_REQUEST');

/** The start of the library's error for a message that only servers may send. */
const unexpectedMessage = 'Unexpected message of type';

/**
 * The graphql-transport-ws protocol, by its library. Operations go through the operation pipeline instead of the library's
 * parsing and execution. https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
 */
export class WebSocketProtocol {
  private readonly server: Server<WebSocketConnection>;
  /** The formatted errors of refused operations, for clients. */
  private readonly refusals = new WeakMap<readonly GraphQLError[], readonly GraphQLFormattedError[]>();

  constructor(private readonly options: ProtocolOptions) {
    this.server = makeServer<Record<string, unknown>, WebSocketConnection>({
      connectionInitWaitTimeout: options.initTimeoutMs,
      onConnect: (context) => this.connect(context),
      onSubscribe: (context, id, payload) => this.start(context, id, payload),
      subscribe: resultOf,
      execute: resultOf,
      onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
      onError: ({ extra }, _id, _payload, errors) =>
        this.refusals.get(errors) ?? options.operations.formatErrors(errors, extra.nextRequestId()),
      onComplete: ({ extra }, id) => extra.settle(id),
    });
  }

  /** Serves a new connection; call the returned function when it has closed. */
  open(connection: WebSocketConnection): (code: number, reason: string) => void {
    const { log } = this.options;
    // The library calls back for each message and rejects on any failure.
    const socket = {
      protocol: connection.protocol,
      send: (data: string) => connection.send(data),
      close: (code?: number, reason?: string) =>
        connection.close(code ?? closeCodes.internalError, reason ?? ''),
      onMessage: (receive: (message: string) => Promise<void>) => {
        const pass = (message: string) =>
          receive(message).catch((error: unknown) => this.fail(connection, error));
        const reader = new MessageReader(connection, this.options.checkMessage, pass);
        connection.receiveBy((message) => reader.read(message));
      },
    };
    const closed = this.server.opened(socket, connection);
    return (code, reason) => {
      connection.closed();
      closed(code, reason).catch((error: unknown) =>
        log.error({ err: error }, 'a connection did not close cleanly'),
      );
    };
  }

  private fail(connection: WebSocketConnection, error: unknown): void {
    if (error instanceof Error && error.message.startsWith(unexpectedMessage))
      return connection.close(closeCodes.badRequest, 'Invalid message received');
    this.options.log.error({ err: error }, 'a message could not be handled');
    connection.close(closeCodes.internalError, 'Internal server error');
  }

  private async connect({ extra, connectionParams }: Connected): Promise<boolean> {
    if (extra.messageBytes > maxKeptBytes) {
      extra.close(closeCodes.badRequest, `connection_init has more than ${maxKeptBytes} bytes`);
      return false;
    }
    try {
      extra.caller = await this.options.authenticate(connectionParams, extra);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Forbidden for any reason: clients get a new credential and reconnect.
      extra.close(closeCodes.forbidden, reasonOf(error));
      return false;
    }
    extra.expireAt(extra.caller.expiresAt);
    return true;
  }

  private async start(context: Connected, id: string, payload: SubscribePayload) {
    const { operations, schema, tracing } = this.options;
    const connection = context.extra;
    // Before anything is awaited: then it is that of another message.
    const request = { ...(payload as OperationPayload), bytes: connection.messageBytes };
    const refusal = this.refusalOf(context);
    if (refusal !== null) return this.refuse([asGraphQLError(refusal)], connection.nextRequestId());
    if (id.length > maxIdLength) return this.refuse([idTooLong()], connection.nextRequestId());
    const running = new RunningOperation(connection.nextRequestId(), connection.caller!, 'websocket');
    const scope = operations.scope();
    connection.pending.set(id, scope);
    const outcome = await operations.run(request, running, scope, tracing && tracing.startOperation());
    if (outcome.kind !== 'result') connection.settle(id);
    if (outcome.kind === 'refused') return this.refuse(outcome.errors, running.requestId);
    const { document, node } = running.prepared!;
    return { schema, document, operationName: node.name?.value, outcome } as StartedArgs;
  }

  private refusalOf({ subscriptions }: Connected): DomainError | null {
    if (this.options.isStopping()) return serviceUnavailable('The server is stopping. Try again.');
    const limit = this.options.maxOperationsPerConnection;
    if (Object.keys(subscriptions).length <= limit) return null;
    const message = `This connection has reached its limit of ${limit} operations. Complete one of them first.`;
    return new DomainError('RATE_LIMITED', message, { retryAfterMs: 1000 });
  }

  private refuse(errors: readonly GraphQLError[], requestId: string): readonly GraphQLError[] {
    this.refusals.set(errors, this.options.operations.formatErrors(errors, requestId));
    return errors;
  }
}

type OperationPayload = Omit<OperationRequest, 'bytes'>;

function resultOf(args: ExecutionArgs) {
  const { outcome } = args as StartedArgs;
  if (outcome.kind === 'refused') throw new Error('a refused operation must not be executed');
  // Errors in a result are already formatted; `onNext` passes them on unchanged.
  return (outcome.kind === 'stream' ? outcome.stream : outcome.result) as OperationResult;
}

/** A close reason must fit in 123 bytes (RFC 6455, section 5.5). */
function reasonOf({ message }: DomainError): string {
  return Buffer.byteLength(message) <= 123 ? message : 'Forbidden';
}
