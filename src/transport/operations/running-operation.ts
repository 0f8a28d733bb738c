import type { Caller } from '../access/caller';
import type { PreparedOperation } from './operation-cache';
import type { OperationRecord, OperationTransport } from './operation-observer';

/** Anything with an error's `extensions`, as it goes to the client. */
interface CodedError {
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** What is known of an operation while it runs. */
export class RunningOperation {
  /** Set when its text has passed. */
  prepared: PreparedOperation | null = null;
  /** Set when it has been admitted, which happens once. */
  cost: number | null = null;
  errorCodes: readonly string[] = [];
  private readonly started = performance.now();

  constructor(
    readonly requestId: string,
    readonly caller: Caller,
    private readonly transport: OperationTransport,
  ) {}

  /** Notes the errors of the answer. */
  failed(errors: readonly CodedError[]): void {
    this.errorCodes = errors.map(({ extensions }) => String(extensions?.code));
  }

  /** The operation's record; it has ended. */
  record(): OperationRecord {
    return {
      operationName: this.prepared?.node.name?.value ?? null,
      operationType: this.prepared?.node.operation ?? null,
      transport: this.transport,
      durationMs: performance.now() - this.started,
      cost: this.cost,
      errorCodes: this.errorCodes,
      requestId: this.requestId,
      caller: this.caller.name,
    };
  }
}
