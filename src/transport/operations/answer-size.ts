import type { ExecutionResult } from 'graphql';
import { DomainError } from '../../errors';
import { asGraphQLError } from './refusals';

/** As much as one operation may read: the largest page there can be, 500 payloads of 256 KiB. */
const maxMiB = 160;

/** So few JSON objects of the largest size make no answer that is too large. */
export const fewJsonValues = 640;

/**
 * The result, or a refusal of one whose JSON would be too large: aliases and `Event.session` repeat in the answer what
 * was read once, and text beyond half a gigabyte cannot be made.
 */
export async function boundAnswer(
  running: Promise<ExecutionResult> | ExecutionResult,
): Promise<ExecutionResult> {
  const result = await running;
  if (!result.data || new SizeMeter(maxMiB * 1024 * 1024).fits(result.data)) return result;
  const message = `The answer would be larger than ${maxMiB} MiB. Ask for less at a time.`;
  return { errors: [asGraphQLError(new DomainError('QUERY_TOO_COMPLEX', message))], data: null };
}

/** Adds up about how long JSON is, an object that is there many times looked at once. */
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
