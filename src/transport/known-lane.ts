import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config';
import type { RequestContext } from '../schema/request-context';
import { formatResult } from './format-result';
import type { KnownOperations } from './known-operations';
import type { FormatError } from './mask-errors';
import { notCacheable } from './session-caching';

interface Ordinary {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

/** How many Accept headers are remembered; clients have one each. */
const maxAccepts = 100;

/**
 * The short way for what is sent again and again: an ordinary POST of an operation that Apollo has parsed, validated
 * and let through before, from a client whose Accept header Apollo has answered before. It goes from the body straight
 * to the compiled operation; everything else, and everything that could be refused, takes the way through Apollo.
 */
export class KnownLane {
  private readonly contentTypes = new Map<string, string>();

  constructor(
    private readonly known: KnownOperations,
    private readonly config: Config,
    private readonly formatError: FormatError,
  ) {}

  /** What Apollo answered with to this Accept header; it goes by nothing else. */
  learnContentType(accept: string | undefined, contentType: string): void {
    if (this.contentTypes.size < maxAccepts) this.contentTypes.set(accept ?? '', contentType);
  }

  /** Answers, or resolves to null where Apollo has to. */
  async answer(
    { id, body, headers: { accept } }: FastifyRequest,
    reply: FastifyReply,
    createContext: () => RequestContext,
  ): Promise<Buffer | null> {
    const contentType = this.contentTypes.get(accept ?? '');
    if (!contentType || !isOrdinary(body)) return null;
    const operation = this.known.find(body.query, body.operationName);
    const variables = body.variables ?? {};
    if (!operation || operation.cost(variables) > this.config.maxQueryCost) return null;
    const run = operation.compiled();
    const result = run && (await run(createContext(), variables));
    if (!result || !('data' in result)) return null;
    const formatted = formatResult(result, id, this.formatError);
    for (const [name, value] of formatted.headers) reply.header(name, value);
    reply.code(formatted.status ?? 200);
    reply.header('content-type', contentType).header('cache-control', notCacheable);
    // A string would be encoded twice: once for its length.
    return Buffer.from(`${JSON.stringify(formatted.body)}\n`);
  }
}

/** A body of the usual form; Apollo has the words for any other. */
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
