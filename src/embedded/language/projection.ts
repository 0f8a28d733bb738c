import { BsonDocument, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { copyFields, decodeDocument, decodeFields, encodeDocument } from './codec';
import { check } from './errors';
import { Expression, isTruthy, scopeOf } from './evaluation';
import { collectExpressionFields, compileExpression, operatorOf } from './expression';
import { toDouble } from './numbers';
import { parseFieldPath } from './path';

/** A projection, ready to run. */
export interface CompiledProjection {
  apply(document: BsonDocument): BsonDocument;
  /** The same from encoded to encoded; without decoding, where whole fields are taken or left. */
  applyToBytes(bytes: Uint8Array): Uint8Array;
}

/** What becomes of a field: the fields inside it each have a rule, or a function makes the new value. */
type Rule = Rules | ((value: BsonValue) => Value);
type Rules = Map<string, Rule>;

const keep = (value: BsonValue): Value => value;
const drop = (): Value => undefined;

/** Projections that take or leave whole fields, by what they say: the same few come with nearly every read. */
const known = new Map<string, CompiledProjection>();
const mostKnown = 200;
const longestKnown = 2000;

/**
 * Makes a projection ready to run.
 * @throws MongoError 31249, 31250, 31253, 31254 and others
 */
export function compileProjection(spec: BsonDocument): CompiledProjection {
  const text = textOf(spec);
  if (text === null || text.length > longestKnown) return compile(spec);
  let compiled = known.get(text);
  if (!compiled) {
    compiled = compile(spec);
    if (known.size === mostKnown) known.clear();
    known.set(text, compiled);
  }
  return compiled;
}

/** Names with what is said of them; null where more is said. */
function textOf(spec: BsonDocument): string | null {
  let text = '';
  for (const [name, rule] of spec) {
    if (!(isNumber(rule) || typeof rule === 'boolean')) return null;
    text += isTruthy(rule) ? `+${name}\0` : `-${name}\0`;
  }
  return text;
}

function compile(spec: BsonDocument): CompiledProjection {
  const { rules, computed, keepsOthers } = parseProjection(spec);
  const others = keepsOthers ? keep : drop;
  const apply = (document: BsonDocument) =>
    withComputed(project(document, rules, others), document, computed);
  const fields = new Set([...rules.keys()].filter((name) => rules.get(name) !== drop));
  const knowsFields =
    !keepsOthers && computed.every(([, expression]) => collectExpressionFields(expression, fields));
  const isWhole =
    computed.length === 0 && [...rules.values()].every((rule) => rule === keep || rule === drop);
  const isKept = (name: string) => (rules.get(name) ?? others) === keep;
  const decode = (bytes: Uint8Array) => (knowsFields ? decodeFields(bytes, fields) : decodeDocument(bytes));
  return {
    apply,
    applyToBytes: (bytes) => (isWhole ? copyFields(bytes, isKept) : encodeDocument(apply(decode(bytes)))),
  };
}

/** Makes `$addFields` ready to run: a field that is there keeps its place. */
export function compileAddFields(spec: BsonDocument): (document: BsonDocument) => BsonDocument {
  const computed = Array.from(spec, ([name, value]) => computedField(name, value));
  return (document) => withComputed(new Map(document), document, computed);
}

function project(document: BsonDocument, rules: Rules, others: Rule): BsonDocument {
  const result: BsonDocument = new Map();
  for (const [name, value] of document) {
    const projected = projectValue(value, rules.get(name) ?? others, others);
    if (projected !== undefined) result.set(name, projected);
  }
  return result;
}

function projectValue(value: BsonValue, rule: Rule, others: Rule): Value {
  if (typeof rule === 'function') return rule(value);
  if (isDocument(value)) return project(value, rule, others);
  if (!Array.isArray(value)) return others === keep ? value : undefined;
  return value
    .map((element) => projectValue(element, rule, others))
    .filter((element) => element !== undefined);
}

/** A field that an expression makes; it stands behind the document's own. */
type ComputedField = readonly [name: string, expression: BsonValue, valueOf: Expression];

function computedField(name: string, expression: BsonValue): ComputedField {
  const isSimple = !name.includes('.') && !(isDocument(expression) && operatorOf(expression) === null);
  check(isSimple, 238, 'Fields inside of others cannot be computed');
  parseFieldPath(name);
  return [name, expression, compileExpression(expression)];
}

function withComputed(
  result: BsonDocument,
  document: BsonDocument,
  computed: readonly ComputedField[],
): BsonDocument {
  if (computed.length === 0) return result;
  const scope = scopeOf(document);
  for (const [name, , valueOf] of computed) {
    const value = valueOf(scope);
    if (value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
}

/** Reads what a projection says: of each field, and whether those that it does not name stay. */
function parseProjection(spec: BsonDocument) {
  const rules: Rules = new Map();
  const computed: ComputedField[] = [];
  let includes: boolean | undefined;
  const decide = (isIncluded: boolean, code: number) => {
    check((includes ??= isIncluded) === isIncluded, code, 'A projection either includes or excludes fields');
  };
  const read = (path: string, value: BsonValue): void => {
    const slice = isDocument(value) ? value.get('$slice') : undefined;
    if (isNumber(value) || typeof value === 'boolean') {
      const isIncluded = isTruthy(value);
      if (path !== '_id') decide(isIncluded, isIncluded ? 31253 : 31254);
      addRule(rules, path, isIncluded ? keep : drop);
    } else if (isNumber(slice)) {
      addRule(rules, path, sliceOf(Math.trunc(toDouble(slice))));
    } else if (isDocument(value) && operatorOf(value) === null) {
      check(value.size > 0, 51270, 'An empty sub-projection is not a valid value');
      for (const [name, inner] of value) read(`${path}.${name}`, inner);
    } else {
      decide(true, isDocument(value) ? 31252 : 31310);
      addRule(rules, path, drop);
      computed.push(computedField(path, value));
    }
  };
  for (const [name, value] of spec) read(name, value);
  // What says nothing but of `_id` and `$slice`.
  includes ??= rules.get('_id') === keep;
  if (includes && !rules.has('_id')) rules.set('_id', keep);
  return { rules, computed, keepsOthers: !includes };
}

/** That many elements of an array, for a negative number the last ones. */
function sliceOf(count: number): Rule {
  return (value) => {
    if (!Array.isArray(value)) return value;
    return count < 0 ? value.slice(count) : value.slice(0, count);
  };
}

/**
 * Puts a rule under a path.
 * @throws MongoError 31249, 31250 where another is in the way
 */
function addRule(parent: Rules, path: string, rule: Rule): void {
  const names = parseFieldPath(path);
  const last = names.pop()!;
  let rules = parent;
  for (const name of names) {
    const inner: Rule = rules.get(name) ?? new Map<string, Rule>();
    check(typeof inner !== 'function', 31249, `Path collision at ${path}`);
    rules.set(name, inner);
    rules = inner;
  }
  check(!rules.has(last), 31250, `Path collision at ${path}`);
  rules.set(last, rule);
}
