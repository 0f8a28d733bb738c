import { BSONRegExp, Double, Int32, Long } from 'bson';
import { createRequire } from 'node:module';
import { BsonDocument, BsonNumber, BsonValue, isDocument, isNumber, typeName, Value } from './bson-value';
import { check, MongoError } from './errors';
import { toDouble } from './numbers';
import { countElements } from './work';

const DATES =
  '$year $month $dayOfMonth $dayOfYear $dayOfWeek $isoDayOfWeek $isoWeek $hour $minute $second $millisecond $dateToString';

/** The operators that mingo answers as MongoDB does, but for numbers that no double holds: those are refused. */
const ALLOWED = new Set(
  (
    '$abs $ceil $round $trunc $exp $log $log10 $pow $sqrt ' +
    '$sin $cos $tan $asin $acos $atan $atan2 $sinh $cosh $tanh $asinh $acosh $atanh ' +
    '$degreesToRadians $radiansToDegrees ' +
    '$split $trim $ltrim $rtrim $substr $substrBytes $substrCP $strLenBytes $strLenCP $strcasecmp $indexOfBytes ' +
    '$replaceOne $replaceAll $toUpper $toLower ' +
    '$reverseArray $indexOfArray $zip $arrayToObject $objectToArray ' +
    '$setUnion $setIntersection $setDifference $setEquals $setIsSubset $allElementsTrue $anyElementTrue ' +
    '$convert $toInt $toLong $toDouble $toBool $toDate $toString ' +
    DATES
  ).split(' '),
);

/** Operators whose answer has one numeric type whatever they were given. */
const ANSWERS = new Map<string, (value: number) => BsonNumber>([
  ['$toLong', (value) => Long.fromNumber(value)],
  ...each(
    '$toInt $indexOfArray $indexOfBytes $strLenBytes $strLenCP $strcasecmp',
    (value) => new Int32(value),
  ),
  ...each('$toDouble $sqrt $exp $log $log10', (value) => new Double(value)),
]);

function each(names: string, typed: (value: number) => BsonNumber) {
  return names.split(' ').map((name) => [name, typed] as const);
}

const CONVERSIONS = new Set('$convert $toInt $toLong $toDouble $toBool $toDate'.split(' '));
const SETS = new Set('$setUnion $setIntersection $setDifference'.split(' '));

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
  if (operator === '$convert' && isDocument(operand) && operand.get('input') == null) {
    return operand.get('onNull') ?? null;
  }
  if (DATES.split(' ').includes(operator)) {
    const options = isDocument(operand) ? operand : new Map([['date', list[0] ?? null]]);
    if (options.get('date') == null || options.get('timezone') === null) return options.get('onNull') ?? null;
    checkDate(options);
  }
  const numbers = new Map<number, BsonNumber>();
  const answer = run(operator, asOperand(toPlain(prepared(operator, operand, list), numbers)));
  return fromPlain(answer, ANSWERS.get(operator) ?? ((value) => asGiven(value, numbers)));
}

/** Mingo takes other time zones for UTC, and gives other letters of a format another meaning. */
function checkDate(options: BsonDocument): void {
  const { date, timezone = '+00', format = '' } = Object.fromEntries(options);
  check(date instanceof Date, 16006, `can't convert from BSON type ${typeName(date!)} to Date`);
  const isZone =
    typeof timezone === 'string' &&
    /^([A-Za-z_]+\/[A-Za-z_]+|\+\d\d(:?\d\d)?|-(?!00)\d\d(:?\d\d)?)$/.test(timezone);
  check(isZone, 40485, 'This time zone is unknown or not supported: use Area/City or +hh:mm');
  const isFormat = typeof format === 'string' && /^([^%]|%[YmdHMSLjuV])*$/.test(format);
  check(
    isFormat,
    18536,
    'This format is invalid or not supported: it may have %Y %m %d %H %M %S %L %j %u and %V',
  );
}

/** Mingo asks for some of what MongoDB fills in. */
function prepared(operator: string, operand: BsonValue, list: BsonValue[]): BsonValue {
  if (operator === '$round' || operator === '$trunc') return [list[0] ?? null, list[1] ?? new Int32(0)];
  return operator === '$strcasecmp' ? list.map((text) => text ?? '') : operand;
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
    check(value instanceof Double || value instanceof Int32 || Number.isSafeInteger(number), 238, PRECISE);
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

const PRECISE = 'This operator is not supported on decimals, and on longs beyond 2^53';

function fromPlain(value: unknown, typed: (value: number) => BsonNumber): Value {
  if (typeof value === 'number') return typed(value);
  if (Array.isArray(value)) return value.map((element) => fromPlain(element, typed) ?? null);
  if (!isPlainObject(value)) return value as Value;
  const fields = Object.entries(value).map(([name, inner]) => [name, fromPlain(inner, typed)] as const);
  return new Map(fields.filter((field): field is [string, BsonValue] => field[1] !== undefined));
}

/** A number as it was given; a new one is a double where doubles were given or it is no integer. */
function asGiven(value: number, given: ReadonlyMap<number, BsonNumber>): BsonNumber {
  const same = given.get(value);
  if (same) return same;
  const hasDouble = [...given.values()].some((number) => number instanceof Double);
  if (hasDouble || !Number.isSafeInteger(value)) return new Double(value);
  return value === (value | 0) ? new Int32(value) : Long.fromNumber(value);
}
