import {
  createSourceEventStream,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import type { Config } from '../../config';
import type { RequestContext } from '../../schema/request-context';
import type { RequestScope } from '../../store/request-scope';
import type { OperationTrace } from '../../tracing';
import type { DocumentRequest, TrustedDocuments } from '../access/trusted-documents';
import type { FormatError } from '../mask-errors';
import { boundMessage } from '../operations/answer-size';
import { formatResult } from '../operations/format-result';
import type { OperationObserver } from '../operations/operation-observer';
import type { OperationPipeline } from '../operations/operation-pipeline';
import type { Variables } from '../operations/query-cost';
import { InvalidOperation, refusalsOf, textError } from '../operations/refusals';
import { tooComplex } from '../operations/text-limits';
import type { RunningOperation } from '../operations/running-operation';
import type { ResponseMemoryBudget } from '../response-memory-budget';
import { OperationScope } from './operation-scope';
import { ResultStream } from './result-stream';
import { SharedResultsPool } from './shared-results';

/**
 * The maximum size, in bytes, of what a client sends once and a connection keeps for its life: a subscription, and what
 * opens a connection. A subscription itself costs about as much.
 */
export const maxKeptBytes = 16_384;

/** An operation request. */
export interface OperationRequest extends DocumentRequest {
  /** Empty if the document is named by id. */
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Variables | null | undefined;
  /** False refuses mutations, because the request may come from following a link. */
  readonly allowsMutations?: boolean;
  /** The client's last position, if sent outside the arguments. */
  readonly resumeAfter?: number | null;
  /** The size of the request or message. */
  readonly bytes: number;
}

/** The outcome of an operation: refused with errors, one result, or a stream of results. */
export type OperationOutcome =
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] }
  | { readonly kind: 'result'; readonly result: FormattedExecutionResult }
  | { readonly kind: 'stream'; readonly stream: ResultStream };

export interface LiveOperationsOptions {
  readonly schema: GraphQLSchema;
  readonly pipeline: OperationPipeline;
  /** Null: every valid document runs. */
  readonly trustedDocuments: TrustedDocuments | null;
  readonly config: Config;
  readonly observer: OperationObserver;
  readonly memory: ResponseMemoryBudget;
  readonly formatError: FormatError;
  createContext(scope: RequestScope | null): RequestContext;
}

/** Runs operations of long-lived connections through the operation pipeline. */
export class LiveOperations {
  private readonly shared: SharedResultsPool;

  constructor(private readonly options: LiveOperationsOptions) {
    const { schema, config } = options;
    this.shared = new SharedResultsPool({
      schema,
      createScope: () => this.scope(),
      createContext: (scope) => options.createContext(scope),
      format: (result) => this.format(result, 'shared by subscribers'),
      compiles: config.execution !== 'plain',
    });
  }

  /** The limits of one operation that starts now. */
  scope(): OperationScope {
    const { config, memory } = this.options;
    return new OperationScope(config.requestTimeoutMs, memory.share());
  }

  /** Formats errors for clients. */
  formatErrors(errors: readonly GraphQLError[], requestId: string) {
    return formatResult({ errors }, requestId, this.options.formatError).body.errors!;
  }

  /** Runs an operation of any type, in its `trace` if there is one. Never rejects: errors are part of the outcome. */
  async run(
    request: OperationRequest,
    running: RunningOperation,
    scope: OperationScope,
    trace: OperationTrace | null,
  ): Promise<OperationOutcome> {
    const work = () => this.outcome(request, running, scope);
    const outcome = await (trace === null ? work() : trace.runOperation(() => running.record(), work));
    if (outcome.kind !== 'stream') this.options.observer.ended(running.record());
    return outcome;
  }

  private async outcome(
    request: OperationRequest,
    running: RunningOperation,
    scope: OperationScope,
  ): Promise<OperationOutcome> {
    try {
      const variables = request.variables ?? {};
      await this.admit(request, variables, running);
      const work = this.start(variables, running, scope, request.resumeAfter ?? null);
      return await scope.within(work).catch((error: unknown) => {
        void endLate(work);
        throw error;
      });
    } catch (error) {
      const errors = errorsOf(error);
      running.failed(errors);
      return { kind: 'refused', errors };
    }
  }

  private async admit(request: OperationRequest, variables: Variables, running: RunningOperation) {
    const { pipeline, trustedDocuments } = this.options;
    const text = trustedDocuments?.textOf(request) ?? request.query;
    const prepared = await pipeline.prepare(text, request.operationName);
    running.prepared = prepared;
    if (prepared.node.operation === OperationTypeNode.SUBSCRIPTION && request.bytes > maxKeptBytes)
      throw tooComplex(`a subscription was sent in ${request.bytes} bytes`, maxKeptBytes, {});
    if (request.allowsMutations === false && prepared.node.operation === OperationTypeNode.MUTATION)
      throw new InvalidOperation([textError('A mutation must be sent by POST.', 'BAD_REQUEST')]);
    running.cost = await pipeline.admit(prepared, variables, running.caller);
  }

  private start(
    variables: Variables,
    running: RunningOperation,
    scope: OperationScope,
    resumeAfter: number | null,
  ): Promise<OperationOutcome> {
    return running.prepared!.node.operation === OperationTypeNode.SUBSCRIPTION
      ? this.subscribe(variables, running, scope, resumeAfter)
      : this.execute(variables, running, scope);
  }

  private async execute(
    variables: Variables,
    running: RunningOperation,
    scope: OperationScope,
  ): Promise<OperationOutcome> {
    const { config } = this.options;
    const run = config.execution === 'plain' ? null : running.prepared!.compiled();
    const compiled = run && (await run(this.options.createContext(scope), variables));
    // Invalid variables are left to plain execution, which reports the exact error.
    const result =
      compiled && 'data' in compiled
        ? compiled
        : await running.prepared!.plain(this.options.createContext(scope), variables);
    const sent = running.prepared!.mayBeLarge(variables) ? boundMessage(result) : result;
    return { kind: 'result', result: this.formatOf(sent, running) };
  }

  private async subscribe(
    variables: Variables,
    running: RunningOperation,
    scope: OperationScope,
    resumeAfter: number | null,
  ): Promise<OperationOutcome> {
    const prepared = running.prepared!;
    const { contextValue, ...args } = this.args(variables, running, scope);
    const source = await createSourceEventStream({ ...args, contextValue: { ...contextValue, resumeAfter } });
    if (!(Symbol.asyncIterator in source)) return { kind: 'result', result: this.formatOf(source, running) };
    const results = this.shared.get(prepared, variables);
    const ended = () => this.options.observer.ended(running.record());
    const iterator = source[Symbol.asyncIterator]() as AsyncIterator<object>;
    return { kind: 'stream', stream: new ResultStream(iterator, results, ended) };
  }

  private args(variables: Variables, { prepared }: RunningOperation, scope: OperationScope) {
    return {
      schema: this.options.schema,
      document: prepared!.document,
      operationName: prepared!.node.name?.value ?? null,
      contextValue: this.options.createContext(scope),
      variableValues: variables,
    };
  }

  private formatOf(result: ExecutionResult, running: RunningOperation): FormattedExecutionResult {
    const formatted = this.format(result, running.requestId);
    if (formatted.errors) running.failed(formatted.errors);
    return formatted;
  }

  private format(result: ExecutionResult, requestId: string): FormattedExecutionResult {
    return formatResult(result, requestId, this.options.formatError).body;
  }
}

/** Ends a subscription that starts after its client has left. */
async function endLate(work: Promise<OperationOutcome>): Promise<void> {
  const outcome = await work.catch(() => null);
  if (outcome?.kind === 'stream') await outcome.stream.return();
}

function errorsOf(error: unknown): readonly GraphQLError[] {
  try {
    return refusalsOf(error);
  } catch {
    const originalError = error instanceof Error ? error : new Error(String(error));
    return [new GraphQLError(originalError.message, { originalError })];
  }
}
