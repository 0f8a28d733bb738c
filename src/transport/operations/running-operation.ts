import type { Caller } from '../access/caller';
import type { PreparedOperation } from './operation-cache';
import type { OperationRecord, OperationTransport } from './operation-observer';

/** A formatted error. */
interface CodedError {
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The state of an operation while it runs. */
export class RunningOperation {
  /** Set once its document is accepted. */
  prepared: PreparedOperation | null = null;
  /** Set once it is admitted. */
  cost: number | null = null;
  errorCodes: readonly string[] = [];
  /** A result that may be large, which is not left to Apollo: it would encode it at once. */
  largeResult: object | null = null;
  private readonly started = performance.now();

  constructor(
    readonly requestId: string,
    readonly caller: Caller,
    private readonly transport: OperationTransport,
  ) {}

  /** Notes the errors of the response. */
  failed(errors: readonly CodedError[]): void {
    this.errorCodes = errors.map(({ extensions }) => String(extensions?.code));
  }

  /** The record of the ended operation. */
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
