import { BSONRegExp, MaxKey, MinKey } from 'bson';
import { BsonDocument, BsonValue, canonicalType, isNumber, typeName, Value } from './bson-value';
import { compareValues, identityOf } from './key-component';
import { FieldNode, FilterNode } from './filter';
import { toDouble } from './numbers';
import { arrayIndexOf, topLevelName } from './path';
import { compileRegExp } from './regex';

/** A test of a document, or of one value; a field that is not there is `undefined`. */
type Test = (value: Value) => boolean;

/** A filter, ready to run. */
export interface CompiledFilter {
  matches(document: BsonDocument): boolean;
  /** The top-level fields it reads: a document may be decoded no further. */
  readonly fields: ReadonlySet<string>;
}

/** Makes a parsed filter ready to run. */
export function compileFilter(node: FilterNode): CompiledFilter {
  const fields = new Set<string>();
  return { matches: compileNode(node, fields), fields };
}

/** @param fields is given the top-level fields that the test reads */
function compileNode(node: FilterNode, fields: Set<string>): Test {
  if (node.kind === 'field') return compileField(node, fields);
  const tests = node.children.map((child) => compileNode(child, fields));
  if (node.kind === 'and') return (value) => tests.every((test) => test(value));
  return (value) => tests.some((test) => test(value)) === (node.kind === 'or');
}

/** Whether an array at the end of a path stands for its elements and itself, or for itself only. */
const WHOLE_ARRAYS: ReadonlySet<string> = new Set(['exists', 'size', 'elemMatch']);

function compileField(node: FieldNode, fields: Set<string>): Test {
  if (node.op === 'not') {
    const negated = compileNode(node.value, fields);
    return (value) => !negated(value);
  }
  const { path: name } = node;
  fields.add(topLevelName(name));
  const ofValue = compileTest(node);
  const test: Test = WHOLE_ARRAYS.has(node.op)
    ? ofValue
    : (value) => (Array.isArray(value) && value.some(ofValue)) || ofValue(value);
  if (!name.includes('.')) return (document) => test((document as BsonDocument).get(name));
  return anyAtPath(name.split('.'), test, ofValue);
}

/**
 * Whether one of the values that a path names is accepted, arrays on the way standing for each of their documents and,
 * before a number, for that element. A field that is not there is tested as `undefined`.
 * @param ofValue for an element that the path names by its position: taken as it is, even where it is an array
 */
function anyAtPath(path: readonly string[], test: Test, ofValue: Test): Test {
  const anyFrom = (value: Value, depth: number): boolean => {
    if (depth === path.length) return test(value);
    if (value instanceof Map) return anyFrom(value.get(path[depth]!), depth + 1);
    return Array.isArray(value) ? anyInArray(value, depth) : test(undefined);
  };
  const anyInArray = (values: BsonValue[], depth: number): boolean => {
    if (values.some((value) => value instanceof Map && anyFrom(value, depth))) return true;
    const index = arrayIndexOf(path[depth]!);
    const element = index === null ? undefined : values[index];
    if (element === undefined) return false;
    if (depth + 1 === path.length) return ofValue(element);
    if (Array.isArray(element)) return anyInArray(element, depth + 1);
    return element instanceof Map && anyFrom(element, depth + 1);
  };
  return (document) => anyFrom(document, 0);
}

function compileTest({ op, value: asked }: Exclude<FieldNode, { op: 'not' }>): Test {
  if (op === 'eq') return compileEquality(asked);
  if (op === 'in') return compileIn(asked);
  if (op === 'exists') return (value) => value !== undefined;
  if (op === 'regex') return compileRegex(asked);
  if (op === 'type') return (value) => value !== undefined && typeName(value) === asked;
  if (op === 'size') return (value) => Array.isArray(value) && value.length === asked;
  if (op !== 'elemMatch') return compileRange(op, asked);
  const matches = compileNode(asked, new Set());
  return (value) => Array.isArray(value) && value.some((element) => isMatch(element, matches));
}

/** An array inside an array is matched as the document that BSON stores it as. */
function isMatch(element: BsonValue, matches: Test): boolean {
  if (Array.isArray(element)) return matches(new Map(element.map((value, i) => [String(i), value])));
  return element instanceof Map && matches(element);
}

function compileEquality(wanted: BsonValue): Test {
  if (typeof wanted === 'string') return (value) => value === wanted;
  return (value) => compareValues(value, wanted) === 0;
}

/** Ranges stay within the type of their bound, but for those to MinKey and MaxKey; and NaN is only equal to itself. */
function compileRange(op: 'lt' | 'lte' | 'gt' | 'gte', bound: BsonValue): Test {
  const sign = op === 'gt' || op === 'gte' ? 1 : -1;
  const isInclusive = op === 'gte' || op === 'lte';
  const isOfAllTypes = bound instanceof MinKey || bound instanceof MaxKey;
  const type = canonicalType(bound);
  const boundIsNaN = isNaNValue(bound);
  return (value) => {
    if (!isOfAllTypes && canonicalType(value) !== type) return false;
    const order = compareValues(value, bound);
    if (order === 0) return isInclusive;
    return sign * order > 0 && (isOfAllTypes || !(boundIsNaN || isNaNValue(value)));
  };
}

const isNaNValue = (value: Value) => isNumber(value) && Number.isNaN(toDouble(value));

function compileIn(wanted: BsonValue[]): Test {
  const identities = new Set(wanted.map(identityOf));
  const patterns = wanted.filter((value) => value instanceof BSONRegExp).map(compileRegex);
  return (value) => identities.has(identityOf(value)) || patterns.some((matches) => matches(value));
}

function compileRegex(wanted: BSONRegExp): Test {
  const matches = compileRegExp(wanted);
  const equals = compileEquality(wanted);
  return (value) => (typeof value === 'string' ? matches(value) : equals(value));
}
