import { Double, Int32, Long } from 'bson';
import { BsonNumber, BsonTypeName, BsonValue, isNumber, TYPE_NUMBERS } from './bson-value';
import { MongoError } from './errors';
import { toDouble } from './numbers';

const NUMBER_TYPES: readonly BsonTypeName[] = ['int', 'long', 'double', 'decimal'];

/** MongoDB's notion of truth, as `$exists` and projections read it. */
export function isTrue(value: BsonValue): boolean {
  if (isNumber(value)) return toDouble(value) !== 0;
  return value !== null && value !== false;
}

/** The operand of `$type`: a name, a number, or a list of them. */
export function parseTypes(path: string, operand: BsonValue): BsonTypeName[] {
  const types = (Array.isArray(operand) ? operand : [operand]).flatMap(parseType);
  if (types.length === 0) throw new MongoError(9, `${path} must match at least one type`);
  return types;
}

function parseType(value: BsonValue): readonly BsonTypeName[] {
  if (typeof value === 'string') {
    if (value === 'number') return NUMBER_TYPES;
    if (!Object.hasOwn(TYPE_NUMBERS, value)) throw new MongoError(2, `Unknown type name alias: ${value}`);
    return [value as BsonTypeName];
  }
  if (!isNumber(value)) throw new MongoError(14, 'type must be represented as a number or a string');
  const number = toDouble(value);
  const known = Object.entries(TYPE_NUMBERS).find(([, code]) => code === number);
  if (!known) throw new MongoError(2, `Invalid numerical type code: ${number}`);
  return [known[0] as BsonTypeName];
}

/** The operand of `$size`. */
export function parseSize(operand: BsonValue): number {
  if (!(operand instanceof Int32 || operand instanceof Double || operand instanceof Long)) {
    throw new MongoError(2, '$size needs a number');
  }
  const size = toDouble(operand);
  if (size !== (size | 0)) {
    const reason = operand instanceof Long ? 'be representable as a 32-bit integer' : 'be a whole number';
    throw new MongoError(2, `$size must ${reason}`);
  }
  if (size < 0) throw new MongoError(2, '$size may not be negative');
  return size;
}

/** The operand of `$mod`: `[divisor, remainder]`, cut to integers. */
export function parseMod(operand: BsonValue): { divisor: bigint; remainder: bigint } {
  if (!Array.isArray(operand)) throw new MongoError(2, 'malformed mod, needs to be an array');
  const [divisor, remainder, ...more] = operand;
  if (divisor === undefined) throw new MongoError(2, 'malformed mod, not enough elements');
  if (!isNumber(divisor)) throw new MongoError(2, 'malformed mod, divisor not a number');
  if (remainder === undefined) throw new MongoError(2, 'malformed mod, not enough elements');
  if (more.length > 0) throw new MongoError(2, 'malformed mod, too many elements');
  const parts = {
    divisor: integerPart(divisor),
    remainder: isNumber(remainder) ? integerPart(remainder) : 0n,
  };
  if (!parts.divisor) throw new MongoError(2, 'divisor cannot be 0');
  return { divisor: parts.divisor, remainder: parts.remainder ?? 0n };
}

/** A number cut to a 64-bit integer, or null where it has none. */
export function integerPart(value: BsonNumber): bigint | null {
  if (value instanceof Long) return value.toBigInt();
  const whole = Math.trunc(toDouble(value));
  return Math.abs(whole) < 2 ** 63 ? BigInt(whole) : null;
}
