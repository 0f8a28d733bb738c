import { BSONRegExp, BSONSymbol, Double, Int32, MaxKey, MinKey } from 'bson';
import { BsonDocument, BsonTypeName, BsonValue, isNumber, typeName } from './bson-value';
import { canonicalType, compareValues } from './compare';
import { FieldNode, FilterNode } from './filter-node';
import { encodeKeyComponent } from './key-component';
import { collectExpressionFields, compileCondition } from './expression';
import { integerPart, toDouble } from './numbers';
import { anyAtPath, arrayAsDocument, topLevelName } from './path';
import { compileRegExp } from './regex';

type Matcher = (document: BsonDocument) => boolean;
/** A test of one value; a field that is not there is `undefined`. */
type Test = (value: BsonValue | undefined) => boolean;

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

function compileNode(node: FilterNode): Matcher {
  if (node.kind === 'expr') return compileCondition(node.expression);
  if (node.kind === 'field') return compileField(node);
  const children = node.children.map(compileNode);
  if (node.kind === 'and') return (document) => children.every((matches) => matches(document));
  if (node.kind === 'or') return (document) => children.some((matches) => matches(document));
  return (document) => !children.some((matches) => matches(document));
}

function compileField(node: FieldNode): Matcher {
  if (node.op === 'not') {
    const matches = compileNode(node.value);
    return (document) => !matches(document);
  }
  const test = compileTest(node);
  const { path } = node;
  const leaf = node.op === 'exists' || node.op === 'size' || node.op === 'elemMatch' ? 'whole' : 'elements';
  if (path.includes('.')) {
    const names = path.split('.');
    return (document) => anyAtPath(document, names, leaf, test);
  }
  return (document) => {
    const value = document.get(path);
    return (leaf === 'elements' && Array.isArray(value) && value.some(test)) || test(value);
  };
}

/** A node with an empty path, inside `$elemMatch`, on one element as it is. */
function compileValueNode(node: FilterNode): Test {
  if (node.kind === 'expr') throw new TypeError('An expression looks at documents only');
  if (node.kind === 'field') {
    if (node.op !== 'not') return compileTest(node);
    const matches = compileValueNode(node.value);
    return (value) => !matches(value);
  }
  const children = node.children.map(compileValueNode);
  return node.kind === 'and'
    ? (value) => children.every((matches) => matches(value))
    : (value) => (node.kind === 'or') === children.some((matches) => matches(value));
}

function compileTest(node: Exclude<FieldNode, { op: 'not' }>): Test {
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
      const types = new Set<BsonTypeName>(node.value);
      return (value) => value !== undefined && types.has(typeName(value));
    }
    case 'size':
      return (value) => Array.isArray(value) && value.length === node.value;
    case 'mod': {
      const { divisor, remainder } = node.value;
      return (value) => {
        const integer = isNumber(value) ? integerPart(value) : null;
        return integer !== null && integer % divisor === remainder;
      };
    }
    case 'elemMatch':
      return compileElemMatch(node);
  }
}

function compileEquality(wanted: BsonValue): Test {
  if (wanted === null) return (value) => value === null || value === undefined;
  if (typeof wanted === 'string') {
    return (value) => value === wanted || (value instanceof BSONSymbol && value.value === wanted);
  }
  if (wanted instanceof Int32 || wanted instanceof Double) {
    const number = wanted.value;
    if (!Number.isNaN(number)) {
      return (value) =>
        value instanceof Int32 || value instanceof Double
          ? value.value === number
          : isNumber(value) && compareValues(value, wanted) === 0;
    }
  }
  return (value) => value !== undefined && compareValues(value, wanted) === 0;
}

const ACCEPTED_ORDERS = {
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
};

/** Ranges stay within the type of their bound, but for those to MinKey and MaxKey. */
function compileRange(op: keyof typeof ACCEPTED_ORDERS, bound: BsonValue): Test {
  const accepts = ACCEPTED_ORDERS[op];
  if (bound instanceof MinKey || bound instanceof MaxKey) {
    return (value) => value !== undefined && accepts(compareValues(value, bound));
  }
  const type = canonicalType(bound);
  const boundIsNaN = isNaNValue(bound);
  return (value) => {
    if (value === undefined) return bound === null && accepts(0);
    if (typeof bound !== typeof value || canonicalType(value) !== type) return false;
    if (boundIsNaN || isNaNValue(value)) return accepts(0) && boundIsNaN && isNaNValue(value);
    return accepts(compareValues(value, bound));
  };
}

function isNaNValue(value: BsonValue): boolean {
  return isNumber(value) && Number.isNaN(toDouble(value));
}

/** Membership by index key: equal values have equal keys, whatever their type. */
function compileIn(wanted: BsonValue[]): Test {
  const strings = new Set(wanted.filter((value) => typeof value === 'string'));
  const patterns = wanted.filter((value) => value instanceof BSONRegExp).map(compileRegex);
  const others = new Set(wanted.filter((value) => typeof value !== 'string').map(keyOf));
  return (value) => {
    if (typeof value === 'string' ? strings.has(value) : others.has(keyOf(value))) return true;
    return patterns.some((matches) => matches(value));
  };
}

function keyOf(value: BsonValue | undefined): string {
  return Buffer.from(encodeKeyComponent(value, 1)).toString('latin1');
}

function compileRegex(wanted: BSONRegExp): Test {
  const pattern = compileRegExp(wanted);
  return (value) => {
    if (typeof value === 'string') return pattern.test(value);
    if (value instanceof BSONSymbol) return pattern.test(value.value);
    return value instanceof BSONRegExp && compareValues(value, wanted) === 0;
  };
}

function compileElemMatch(node: FieldNode & { op: 'elemMatch' }): Test {
  if (node.on === 'values') {
    const matches = compileValueNode(node.value);
    return (value) => Array.isArray(value) && value.some(matches);
  }
  const matches = compileNode(node.value);
  return (value) => Array.isArray(value) && value.some((element) => matchesElement(matches, element));
}

function matchesElement(matches: Matcher, element: BsonValue): boolean {
  if (element instanceof Map) return matches(element);
  return Array.isArray(element) && matches(arrayAsDocument(element));
}
