import { BSONRegExp, MaxKey, MinKey } from 'bson';
import { BsonDocument, BsonValue, canonicalType, isNumber, typeName, Value } from './bson-value';
import { compareValues } from './compare';
import { collectExpressionFields, compileCondition } from './expression';
import { ELEMENT, FieldNode, FilterNode } from './filter';
import { encodeKeyComponent } from './key-component';
import { toDouble } from './numbers';
import { arrayIndexOf, topLevelName } from './path';
import { compileRegExp } from './regex';

/** A test of a document, or of one value; a field that is not there is `undefined`. */
type Test = (value: Value) => boolean;
type Leaf = Exclude<FieldNode, { op: 'not' }>;

/** A filter, ready to run. */
export interface CompiledFilter {
  matches(document: BsonDocument): boolean;
  /** The top-level fields it reads: a document may be decoded no further. Null is all of them. */
  readonly fields: ReadonlySet<string> | null;
}

/** Makes a parsed filter ready to run. */
export function compileFilter(node: FilterNode): CompiledFilter {
  const fields = new Set<string>();
  const known = collectFields(node, fields);
  return { matches: compileNode(node), fields: known ? fields : null };
}

function collectFields(node: FilterNode, fields: Set<string>): boolean {
  if (node.kind === 'expr') return collectExpressionFields(node.expression, fields);
  if (node.kind !== 'field') return node.children.every((child) => collectFields(child, fields));
  fields.add(topLevelName(node.path));
  return true;
}

function compileNode(node: FilterNode): Test {
  if (node.kind === 'field') return compileField(node);
  if (node.kind === 'expr') {
    const condition = compileCondition(node.expression);
    return (document) => condition(document as BsonDocument);
  }
  const tests = node.children.map(compileNode);
  if (node.kind === 'and') return (value) => tests.every((test) => test(value));
  return (value) => tests.some((test) => test(value)) === (node.kind === 'or');
}

/** Whether an array at the end of a path stands for its elements and itself, or for itself only. */
const WHOLE_ARRAYS: ReadonlySet<string> = new Set(['exists', 'size', 'elemMatch']);

function compileField(node: FieldNode): Test {
  if (node.op === 'not') {
    const negated = compileNode(node.value);
    return (value) => !negated(value);
  }
  const ofValue = compileTest(node);
  if (node.path === ELEMENT) return ofValue;
  const test: Test = WHOLE_ARRAYS.has(node.op)
    ? ofValue
    : (value) => (Array.isArray(value) && value.some(ofValue)) || ofValue(value);
  const { path: name } = node;
  if (!name.includes('.')) return (document) => test((document as BsonDocument).get(name));
  const path = name.split('.');
  return (document) => anyAtPath(document, path, 0, { test, ofValue });
}

/**
 * Whether one of the values that a path names is accepted, arrays on the way standing for each of their documents and,
 * before a number, for that element. A field that is not there is tested as `undefined`.
 * @param depth how much of the path led to `value`
 */
function anyAtPath(value: Value, path: readonly string[], depth: number, tests: FieldTests): boolean {
  if (depth === path.length) return tests.test(value);
  if (value instanceof Map) return anyAtPath(value.get(path[depth]!), path, depth + 1, tests);
  return Array.isArray(value) ? anyInArray(value, path, depth, tests) : tests.test(undefined);
}

interface FieldTests {
  readonly test: Test;
  /** For an element that the path names by its position: taken as it is, even where it is an array. */
  readonly ofValue: Test;
}

function anyInArray(values: BsonValue[], path: readonly string[], depth: number, tests: FieldTests): boolean {
  if (values.some((value) => value instanceof Map && anyAtPath(value, path, depth, tests))) return true;
  const index = arrayIndexOf(path[depth]!);
  const element = index === null ? undefined : values[index];
  if (element === undefined) return false;
  if (depth + 1 === path.length) return tests.ofValue(element);
  if (Array.isArray(element)) return anyInArray(element, path, depth + 1, tests);
  return element instanceof Map && anyAtPath(element, path, depth + 1, tests);
}

function compileTest(node: Leaf): Test {
  switch (node.op) {
    case 'eq':
      return compileEquality(node.value);
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return compileRange(node.op, node.value);
    case 'in':
      return compileIn(node.value);
    case 'exists':
      return (value) => value !== undefined;
    case 'regex':
      return compileRegex(node.value);
    case 'type': {
      const types = new Set(node.value);
      return (value) => value !== undefined && types.has(typeName(value));
    }
    case 'size':
      return (value) => Array.isArray(value) && value.length === node.value;
    case 'elemMatch': {
      const matches = compileNode(node.value);
      const ofElement = node.on === 'values' ? matches : ofDocument(matches);
      return (value) => Array.isArray(value) && value.some(ofElement);
    }
  }
}

function compileEquality(wanted: BsonValue): Test {
  if (typeof wanted === 'string') return (value) => value === wanted;
  return (value) => compareValues(value, wanted) === 0;
}

const ACCEPTED_ORDERS = {
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
};

/** Ranges stay within the type of their bound, but for those to MinKey and MaxKey; and NaN is only equal to itself. */
function compileRange(op: keyof typeof ACCEPTED_ORDERS, bound: BsonValue): Test {
  const accepts = ACCEPTED_ORDERS[op];
  if (bound instanceof MinKey || bound instanceof MaxKey) {
    return (value) => value !== undefined && accepts(compareValues(value, bound));
  }
  const type = canonicalType(bound);
  const boundIsNaN = isNaNValue(bound);
  return (value) => {
    if (canonicalType(value) !== type) return false;
    const order = compareValues(value, bound);
    return accepts(order) && (order === 0 || !(boundIsNaN || isNaNValue(value)));
  };
}

function isNaNValue(value: Value): boolean {
  return isNumber(value) && Number.isNaN(toDouble(value));
}

/** Membership by index key: equal values have equal keys, whatever their type. */
function compileIn(wanted: BsonValue[]): Test {
  const keyOf = (value: Value) => Buffer.from(encodeKeyComponent(value, 1)).toString('latin1');
  const keys = new Set(wanted.map(keyOf));
  const patterns = wanted.filter((value) => value instanceof BSONRegExp).map(compileRegex);
  return (value) => keys.has(keyOf(value)) || patterns.some((matches) => matches(value));
}

function compileRegex(wanted: BSONRegExp): Test {
  const matches = compileRegExp(wanted);
  const equals = compileEquality(wanted);
  return (value) => (typeof value === 'string' ? matches(value) : equals(value));
}

/** An array inside an array is matched as the document that BSON stores it as. */
function ofDocument(matches: Test): Test {
  return (element) => {
    if (Array.isArray(element)) return matches(new Map(element.map((value, i) => [String(i), value])));
    return element instanceof Map && matches(element);
  };
}
