import { Double, Int32, Long, ObjectId } from 'bson';
import { createRequire } from 'node:module';
import { BsonNumber, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { check, MongoError } from './errors';
import { countElements } from './evaluation';
import { toDouble } from './numbers';

const DATE_PARTS =
  '$year $month $dayOfMonth $dayOfYear $dayOfWeek $isoDayOfWeek $isoWeek $hour $minute $second $millisecond';
const DATES = new Set(`${DATE_PARTS} $dateToString`.split(' '));

/** The operators that mingo answers as MongoDB does, by the type of the numbers that they answer. */
const INTS = `${DATE_PARTS} $toInt $indexOfBytes $strLenBytes $strLenCP $strcasecmp`;
const OTHERS =
  '$toDouble $toBool $toDate $toString $dateToString $split $trim $ltrim $rtrim $substr $substrBytes $substrCP ' +
  '$replaceOne $replaceAll';
const ANSWERS = new Map<string, (number: number) => BsonNumber>([
  ['$toLong', (number) => Long.fromNumber(number)],
]);
for (const name of INTS.split(' ')) ANSWERS.set(name, (number) => new Int32(number));
for (const name of OTHERS.split(' ')) ANSWERS.set(name, (number) => new Double(number));

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
  return ANSWERS.has(operator);
}

/**
 * Runs one of mingo's aggregation operators, on texts, dates, truth values and numbers that a double holds.
 * @param operand evaluated: a value, or the list or document of values that the operator takes
 * @throws MongoError BadValue (2) or, from a conversion, ConversionFailure (241), in mingo's words
 */
export function callMingo(operator: string, operand: BsonValue): Value {
  const list = Array.isArray(operand) ? operand : [operand];
  if (operator === '$toString' && list[0] instanceof ObjectId) return list[0].toHexString();
  if (DATES.has(operator)) {
    const parts = isDocument(operand) ? Object.fromEntries(operand) : { date: list[0] ?? null };
    if (parts.date == null || parts.timezone === null) return parts.onNull ?? null;
    checkDate(operator, parts);
  }
  const answer = run(operator, asOperand(operand));
  if (typeof answer === 'number') return ANSWERS.get(operator)!(answer);
  return answer as Value;
}

/** Mingo takes other time zones for UTC, and gives other letters of a format another meaning. */
function checkDate(operator: string, { date, timezone = '+00', format }: Record<string, BsonValue>): void {
  check(date instanceof Date, 16006, 'can only take apart what is a date');
  const isZone = /^([A-Za-z_]+\/[A-Za-z_]+|\+\d\d(:?\d\d)?|-(?!00)\d\d(:?\d\d)?)$/.test(String(timezone));
  check(isZone, 40485, 'This time zone is unknown or not supported: use Area/City or +hh:mm');
  if (operator !== '$dateToString') return;
  const isFormat = typeof format === 'string' && /^([^%]|%[YmdHMSLjuV])*$/.test(format);
  check(isFormat, 18536, 'The format is missing or may have more than %Y %m %d %H %M %S %L %j %u and %V');
}

function run(operator: string, operand: unknown): unknown {
  evaluate ??= loadMingo();
  try {
    return evaluate({ [operator]: operand });
  } catch (error) {
    throw new MongoError(operator.startsWith('$to') ? 241 : 2, (error as Error).message);
  }
}

/** Values are literals to mingo, one level down where the operator takes several. */
function asOperand(value: BsonValue): unknown {
  if (Array.isArray(value)) return value.map(asLiteral);
  if (!isDocument(value)) return asLiteral(value);
  return Object.fromEntries(Array.from(value, ([name, inner]) => [name, asLiteral(inner)]));
}

function asLiteral(value: BsonValue): { $literal: unknown } {
  countElements(1);
  const isPlain = value === null || ['string', 'boolean'].includes(typeof value) || value instanceof Date;
  if (isPlain) return { $literal: value };
  const number = isNumber(value) ? toDouble(value) : NaN;
  const isExact = value instanceof Double || Number.isSafeInteger(number);
  check(isExact, 238, 'This operator is supported on texts, dates and numbers that a double holds only');
  return { $literal: number };
}
