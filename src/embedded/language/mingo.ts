import { BSONRegExp, Double, Int32, Long } from 'bson';
import { createRequire } from 'node:module';
import { BsonNumber, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { check, MongoError } from './errors';
import { toDouble } from './numbers';
import { countElements } from './evaluation';

const wordsOf = (text: string) => new Set(text.split(' '));

const CONVERSIONS = wordsOf('$toInt $toLong $toDouble $toBool $toDate $toString');
const SETS = wordsOf('$setUnion $setIntersection $setDifference');
const DATES = wordsOf(
  '$year $month $dayOfMonth $dayOfYear $dayOfWeek $isoDayOfWeek $isoWeek $hour $minute $second $millisecond ' +
    '$dateToString',
);
const INT_ANSWERS = wordsOf('$toInt $indexOfBytes $strLenBytes $strLenCP $strcasecmp');
const DOUBLE_ANSWERS = wordsOf('$toDouble $sqrt $exp $log $log10');

/** The operators that mingo answers as MongoDB does, but for numbers that no double holds: those are refused. */
const ALLOWED = new Set([
  ...[CONVERSIONS, SETS, DATES, INT_ANSWERS, DOUBLE_ANSWERS].flatMap((names) => [...names]),
  ...wordsOf('$abs $pow $split $trim $ltrim $rtrim $substr $substrBytes $substrCP $replaceOne $replaceAll'),
  ...wordsOf('$setEquals $setIsSubset $allElementsTrue $anyElementTrue'),
]);

let evaluate: ((expression: unknown) => unknown) | undefined;

/** Loaded when it is first needed: it takes longer than all else at the engine's start, and most never need it. */
function loadMingo() {
  const load = createRequire(__filename);
  const { Context, evalExpr, ProcessingMode } = load('mingo/core') as typeof import('mingo/core');
  const operators = load('mingo/operators/expression') as typeof import('mingo/operators/expression');
  const options = {
    idKey: '_id',
    processingMode: ProcessingMode.CLONE_OFF,
    useStrictMode: true,
    scriptEnabled: false,
    failOnError: true,
    context: Context.init({ expression: operators as never }),
  };
  return (expression: unknown): unknown => evalExpr({}, expression, options);
}

/** Whether the operator is one of mingo's that may be used. */
export function isMingoOperator(operator: string): boolean {
  return ALLOWED.has(operator);
}

/**
 * Runs one of mingo's aggregation operators.
 * @param operand evaluated: a value, or the list or document of values that the operator takes
 * @throws MongoError BadValue (2) or, from a conversion, ConversionFailure (241), in mingo's words
 */
export function callMingo(operator: string, operand: BsonValue): Value {
  const list = Array.isArray(operand) ? operand : [operand];
  if (SETS.has(operator) && list.includes(null)) return null;
  const parts: Record<string, BsonValue> = isDocument(operand)
    ? Object.fromEntries(operand)
    : { date: list[0] ?? null };
  if (DATES.has(operator)) {
    if (parts.date == null || parts.timezone === null) return parts.onNull ?? null;
    const hasFormat =
      operator !== '$dateToString' || parts.timezone === undefined || parts.format !== undefined;
    check(hasFormat, 238, '$dateToString with a time zone needs a format');
    checkDate(parts);
  }
  const numbers = new Map<number, BsonNumber>();
  const answer = run(operator, asOperand(toPlain(operand, numbers)));
  return fromPlain(answer, (value) => typed(operator, value, numbers));
}

/** Mingo takes other time zones for UTC, and gives other letters of a format another meaning. */
function checkDate({ date, timezone = '+00', format = '' }: Record<string, BsonValue>): void {
  check(date instanceof Date, 16006, 'can only take apart what is a date');
  const isZone = /^([A-Za-z_]+\/[A-Za-z_]+|\+\d\d(:?\d\d)?|-(?!00)\d\d(:?\d\d)?)$/.test(String(timezone));
  check(isZone, 40485, 'This time zone is unknown or not supported: use Area/City or +hh:mm');
  const isFormat = typeof format === 'string' && /^([^%]|%[YmdHMSLjuV])*$/.test(format);
  check(
    isFormat,
    18536,
    'This format is invalid or not supported: it may have %Y %m %d %H %M %S %L %j %u and %V',
  );
}

function run(operator: string, operand: unknown): unknown {
  evaluate ??= loadMingo();
  try {
    return evaluate({ [operator]: operand });
  } catch (error) {
    throw new MongoError(CONVERSIONS.has(operator) ? 241 : 2, (error as Error).message);
  }
}

/** Values are literals to mingo, one level down where the operator takes several. */
function asOperand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element: unknown) => ({ $literal: element }));
  if (!isPlainObject(value)) return { $literal: value };
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, { $literal: inner }]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]' && !('_bsontype' in (value as object));
}

/** Collects the numbers on the way, so that those which come back unchanged keep their type. */
function toPlain(value: BsonValue, numbers: Map<number, BsonNumber>): unknown {
  countElements(1);
  if (isNumber(value)) {
    const number = toDouble(value);
    const isExact =
      value instanceof Double ||
      ((value instanceof Int32 || value instanceof Long) && Number.isSafeInteger(number));
    check(isExact, 238, 'This operator is not supported on decimals, and on longs beyond 2^53');
    numbers.set(number, value);
    return number;
  }
  if (Array.isArray(value)) return value.map((element) => toPlain(element, numbers));
  if (value instanceof Map) {
    const isPlain = [...value.keys()].every((name) => !/^(\d+|__proto__)$/.test(name));
    check(isPlain, 238, 'This operator is not supported on documents with numbers for names');
    return Object.fromEntries([...value].map(([name, inner]) => [name, toPlain(inner, numbers)]));
  }
  check(!(value instanceof BSONRegExp), 238, 'Regular expressions are not supported here');
  return value;
}

function fromPlain(value: unknown, typedNumber: (value: number) => BsonNumber): Value {
  if (typeof value === 'number') return typedNumber(value);
  if (Array.isArray(value)) return value.map((element) => fromPlain(element, typedNumber) ?? null);
  if (!isPlainObject(value)) return value as Value;
  const fields = Object.entries(value).map(([name, inner]) => [name, fromPlain(inner, typedNumber)] as const);
  return new Map(fields.filter((field): field is [string, BsonValue] => field[1] !== undefined));
}

/** A number as it was given; a new one is a double where doubles were given or it is no integer. */
function typed(operator: string, value: number, given: ReadonlyMap<number, BsonNumber>): BsonNumber {
  if (INT_ANSWERS.has(operator) || DATES.has(operator)) return new Int32(value);
  if (DOUBLE_ANSWERS.has(operator)) return new Double(value);
  if (operator === '$toLong') return Long.fromNumber(value);
  const same = given.get(value);
  if (same) return same;
  const has = (type: typeof Double | typeof Long) =>
    [...given.values()].some((number) => number instanceof type);
  if (has(Double) || !Number.isSafeInteger(value)) return new Double(value);
  return value === (value | 0) && !has(Long) ? new Int32(value) : Long.fromNumber(value);
}
