import type { ExecutionResult } from 'graphql';
import { DomainError } from '../../errors';
import { asGraphQLError } from './refusals';

/** The same limit as for reads of one operation: the largest page, 500 payloads of 256 KiB. */
const maxMiB = 160;

/** Of what is sent over a connection that stays, in one message. */
const maxMessageMiB = 16;

/** So few JSON objects, even of the maximum size, stay below the limit. */
export const fewJsonValues = 640;

/** Returns the result, or an error if its JSON is too large for one message of a WebSocket or event stream. */
export function boundMessage(result: ExecutionResult): ExecutionResult {
  return bound(result, maxMessageMiB, 'Ask for less at a time, or by an HTTP request.');
}

/**
 * Returns the result, or an error if its JSON would be too large: aliases and `Event.session` repeat data that was read
 * once, and V8 cannot create strings beyond half a gigabyte.
 */
export async function boundAnswer(
  running: Promise<ExecutionResult> | ExecutionResult,
): Promise<ExecutionResult> {
  return bound(await running, maxMiB, 'Ask for less at a time.');
}

function bound(result: ExecutionResult, limitMiB: number, advice: string): ExecutionResult {
  if (!result.data || new SizeMeter(limitMiB * 1024 * 1024).fits(result.data)) return result;
  const message = `The response would be larger than ${limitMiB} MiB. ${advice}`;
  return { errors: [asGraphQLError(new DomainError('QUERY_TOO_COMPLEX', message))], data: null };
}

/** Estimates the size of JSON, measuring repeated objects once. */
class SizeMeter {
  private readonly known = new Map<object, number>();

  constructor(private readonly limit: number) {}

  fits(value: object): boolean {
    return this.sizeOf(value) <= this.limit;
  }

  private sizeOf(value: unknown): number {
    if (typeof value === 'string') return value.length + 3;
    if (typeof value !== 'object' || value === null) return 8;
    const known = this.known.get(value);
    if (known !== undefined) return known;
    let size = 2;
    for (const [key, inner] of Object.entries(value)) {
      size += key.length + 4 + this.sizeOf(inner);
      if (size > this.limit) break;
    }
    this.known.set(value, size);
    return size;
  }
}
