import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLError } from 'graphql';
import type { EventLoopTurns } from '../event-loop-turns';
import type { RequestContext } from '../schema/request-context';
import type { FormatError } from './mask-errors';
import { type EncodedResult, encodeInTurns, encodeResult } from './operations/encode-result';
import { formatResult } from './operations/format-result';
import type { OperationCache, PreparedOperation } from './operations/operation-cache';
import type { OperationPipeline } from './operations/operation-pipeline';
import type { Variables } from './operations/query-cost';
import { refusalsOf } from './operations/refusals';
import type { RunningOperation } from './operations/running-operation';
import { notCacheable } from './session-caching';

interface Ordinary {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Variables | null;
}

/** How many Accept headers are cached; each client sends one. */
const maxAccepts = 100;

/**
 * Runs an ordinary POST of a cached operation without Apollo, if Apollo has answered a request with the same Accept header
 * before. It goes from the body straight to the compiled operation; all other requests go through Apollo.
 */
export class FastPath {
  private readonly contentTypes = new Map<string, string>();

  constructor(
    private readonly cache: OperationCache,
    private readonly pipeline: OperationPipeline,
    private readonly formatError: FormatError,
    private readonly turns: EventLoopTurns,
  ) {}

  /** The content type by Accept header, on which alone Apollo's choice depends. */
  learnContentType(accept: string | undefined, contentType: string): void {
    if (this.contentTypes.size < maxAccepts) this.contentTypes.set(accept ?? '', contentType);
  }

  /** Answers the request, or resolves to null if Apollo must. */
  async answer(
    { body, headers: { accept } }: FastifyRequest,
    reply: FastifyReply,
    running: RunningOperation,
    createContext: () => RequestContext,
  ): Promise<EncodedResult | null> {
    const contentType = this.contentTypes.get(accept ?? '');
    if (!contentType || !isOrdinary(body)) return null;
    const operation = this.cache.find(body.query, body.operationName);
    const run = operation?.compiled();
    if (!operation || !run) return null;
    const variables = body.variables ?? {};
    running.prepared = operation;
    const admission = this.admit(operation, variables, running);
    const refusal = admission instanceof Promise ? await admission : admission;
    const result = refusal ?? (await run(createContext(), variables));
    // Invalid variables: plain execution reports the exact error.
    if (refusal === null && !('data' in result)) return null;
    const formatted = formatResult(result, running.requestId, this.formatError);
    if (formatted.body.errors) running.failed(formatted.body.errors);
    for (const [name, value] of formatted.headers) reply.header(name, value);
    reply.code(formatted.status ?? 200);
    reply.header('content-type', contentType).header('cache-control', notCacheable);
    return operation.mayBeLarge(variables)
      ? encodeInTurns(formatted.body, this.turns)
      : encodeResult(formatted.body);
  }

  /** The result that refuses an operation; null if it may run. Synchronous where possible. */
  private admit(
    operation: PreparedOperation,
    variables: Variables,
    running: RunningOperation,
  ): Refusal | null | Promise<Refusal | null> {
    const admitted = (cost: number) => {
      running.cost = cost;
      return null;
    };
    try {
      const cost = this.pipeline.admit(operation, variables, running.caller);
      return typeof cost === 'number' ? admitted(cost) : cost.then(admitted, refuse);
    } catch (error) {
      return refuse(error);
    }
  }
}

/** A result with only the error. */
interface Refusal {
  readonly errors: readonly GraphQLError[];
}

function refuse(error: unknown): Refusal {
  return { errors: refusalsOf(error) };
}

/** A body of the usual form; Apollo reports errors in any other. */
function isOrdinary(body: unknown): body is Ordinary {
  if (!isRecord(body) || body.extensions !== undefined) return false;
  const { query, operationName, variables } = body;
  return (
    typeof query === 'string' &&
    (operationName == null || typeof operationName === 'string') &&
    (variables == null || isRecord(variables))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
