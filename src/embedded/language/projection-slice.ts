import { BsonValue, isNumber, typeName } from './bson-value';
import { MongoError } from './errors';
import { formatForMessage } from './message-format';
import { toDouble } from './numbers';

/** A part of an array: without `skip`, from its beginning, or for a negative limit from its end. */
export interface Slice {
  readonly skip: number | null;
  readonly limit: number;
}

/**
 * Reads the `$slice` of a find's projection.
 * @throws MongoError 28667
 */
export function parseSlice(operand: BsonValue): Slice {
  if (isNumber(operand)) return { skip: null, limit: toInteger(operand) };
  if (!Array.isArray(operand)) {
    throw invalidSlice(operand, 'Location31273', '$slice only supports numbers and [skip, limit] arrays');
  }
  const [skip, limit] = operand;
  if (operand.length !== 2) {
    throw invalidSlice(operand, 'Location31272', '$slice array argument should be of form [skip, limit]');
  }
  if (!isNumber(skip)) {
    const complaint = `$slice expects the skip argument to be a number, got ${typeName(skip!)}`;
    throw invalidSlice(operand, 'Location31257', complaint);
  }
  if (!isNumber(limit)) {
    const complaint = `$slice expects the limit argument to be a number, got ${typeName(limit!)}`;
    throw invalidSlice(operand, 'Location31258', complaint);
  }
  if (toInteger(limit) <= 0) {
    throw invalidSlice(operand, 'Location31259', `$slice limit must be positive, got ${toInteger(limit)}`);
  }
  return { skip: toInteger(skip), limit: toInteger(limit) };
}

function toInteger(value: BsonValue): number {
  return isNumber(value) ? Math.trunc(toDouble(value)) : 0;
}

/** MongoDB then tries it as the expression of the same name, which takes two or three arguments. */
function invalidSlice(operand: BsonValue, codeName: string, reason: string): MongoError {
  return new MongoError(
    28667,
    `Invalid $slice syntax. The given syntax ${formatForMessage(new Map([['$slice', operand]]))} did not match the ` +
      `find() syntax because :: ${codeName}: ${reason} :: The given syntax did not match the expression $slice syntax. ` +
      ':: caused by :: Expression $slice takes at least 2 arguments, and at most 3, but 1 were passed in.',
  );
}

/** The part of an array that it keeps. */
export function sliced(values: BsonValue[], { skip, limit }: Slice): BsonValue[] {
  if (skip === null) return limit < 0 ? values.slice(limit) : values.slice(0, limit);
  const start = skip < 0 ? Math.max(values.length + skip, 0) : skip;
  return values.slice(start, start + limit);
}
