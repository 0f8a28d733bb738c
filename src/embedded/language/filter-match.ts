import { BSONRegExp, MaxKey, MinKey } from 'bson';
import {
  BsonDocument,
  BsonTypeName,
  BsonValue,
  canonicalType,
  isNumber,
  typeName,
  Value,
} from './bson-value';
import { compareValues } from './compare';
import { collectExpressionFields, compileCondition } from './expression';
import { FieldNode, FilterNode } from './filter-node';
import { encodeKeyComponent } from './key-component';
import { toDouble } from './numbers';
import { anyAtPath, topLevelName } from './path';
import { compileRegExp } from './regex';

type Matcher = (document: BsonDocument) => boolean;
/** A test of one value; a field that is not there is `undefined`. */
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

function compileNode(node: FilterNode): Matcher {
  return compileTree(node, compileField);
}

/** @param compileLeaf makes the test of one field, or of one array element where paths are empty */
function compileTree<T>(
  node: FilterNode,
  compileLeaf: (node: Leaf) => (value: T) => boolean,
): (value: T) => boolean {
  // An expression stands at the top level only, where documents are looked at.
  if (node.kind === 'expr') return compileCondition(node.expression) as (value: unknown) => boolean;
  if (node.kind !== 'field') {
    const tests = node.children.map((child) => compileTree(child, compileLeaf));
    if (node.kind === 'and') return (value) => tests.every((test) => test(value));
    return (value) => tests.some((test) => test(value)) === (node.kind === 'or');
  }
  if (node.op !== 'not') return compileLeaf(node);
  const test = compileTree(node.value, compileLeaf);
  return (value) => !test(value);
}

function compileField(node: Leaf): Matcher {
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
      const types = new Set<BsonTypeName>(node.value);
      return (value) => value !== undefined && types.has(typeName(value));
    }
    case 'size':
      return (value) => Array.isArray(value) && value.length === node.value;
    case 'elemMatch': {
      const matches =
        node.on === 'values' ? compileTree(node.value, compileTest) : ofElements(compileNode(node.value));
      return (value) => Array.isArray(value) && value.some(matches);
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
  const strings = new Set(wanted.filter((value) => typeof value === 'string'));
  const others = new Set(wanted.filter((value) => typeof value !== 'string').map(keyOf));
  const patterns = wanted.filter((value) => value instanceof BSONRegExp).map(compileRegex);
  return (value) => {
    if (typeof value === 'string' ? strings.has(value) : others.has(keyOf(value))) return true;
    return patterns.some((matches) => matches(value));
  };
}

function keyOf(value: Value): string {
  return Buffer.from(encodeKeyComponent(value, 1)).toString('latin1');
}

function compileRegex(wanted: BSONRegExp): Test {
  const pattern = compileRegExp(wanted);
  return (value) =>
    typeof value === 'string'
      ? pattern.test(value)
      : value instanceof BSONRegExp && compareValues(value, wanted) === 0;
}

/** An array inside an array is matched as the document that BSON stores it as. */
function ofElements(matches: Matcher): Test {
  return (element) => {
    if (Array.isArray(element)) return matches(new Map(element.map((value, i) => [String(i), value])));
    return element instanceof Map && matches(element);
  };
}
