import { BsonDocument, BsonValue, documentFrom, isDocument, isNumber, Value } from './bson-value';
import { copyFields, decodeDocument, encodeDocument } from './codec';
import { check } from './errors';
import { isTruthy, scopeOf } from './evaluation';
import { compileExpression, Expression, operatorOf } from './expression';
import { toDouble } from './numbers';
import { parseFieldPath } from './path';

/** A projection, ready to run. */
export interface CompiledProjection {
  apply(document: BsonDocument): BsonDocument;
  /** The same from encoded to encoded; without decoding, where whole fields are taken or left. */
  applyToBytes(bytes: Uint8Array): Uint8Array;
  /** Whether fields are made by expressions, which may fail on a document. */
  readonly computes: boolean;
}

/** What becomes of a field: the fields inside it each have a rule, or a function makes the new value. */
type Rule = Rules | ((value: BsonValue) => Value);
type Rules = Map<string, Rule>;

const keep = (value: BsonValue): Value => value;
const drop = (): Value => undefined;

/** Makes a projection ready to run. @throws MongoError 31249, 31250, 31253, 31254 and others */
export function compileProjection(spec: BsonDocument): CompiledProjection {
  const { rules, computed, others } = parseProjection(spec);
  const apply = (document: BsonDocument) => compute(project(document, rules, others), document, computed);
  const isWhole = computed.size === 0 && [...rules.values()].every((rule) => rule === keep || rule === drop);
  const isKept = (name: string) => (rules.get(name) ?? others) === keep;
  return {
    apply,
    applyToBytes: (bytes) =>
      isWhole ? copyFields(bytes, isKept) : encodeDocument(apply(decodeDocument(bytes))),
    computes: computed.size > 0,
  };
}

/** Makes `$addFields` ready to run: a field that is there keeps its place. */
export function compileAddFields(spec: BsonDocument): (document: BsonDocument) => BsonDocument {
  const computed: Computed = new Map();
  for (const [name, value] of spec) addComputed(computed, name, value);
  return (document) => compute(new Map(document), document, computed);
}

function project(document: BsonDocument, rules: Rules, others: Rule): BsonDocument {
  const ruleOf = (name: string) => rules.get(name) ?? others;
  return documentFrom(
    Array.from(document, ([name, value]) => [name, projectValue(value, ruleOf(name), others)]),
  );
}

function projectValue(value: BsonValue, rule: Rule, others: Rule): Value {
  if (typeof rule === 'function') return rule(value);
  if (isDocument(value)) return project(value, rule, others);
  if (!Array.isArray(value)) return others === keep ? value : undefined;
  return value
    .map((element) => projectValue(element, rule, others))
    .filter((element) => element !== undefined);
}

/** Fields that expressions make; they stand behind the document's own. */
type Computed = Map<string, Expression>;

function addComputed(computed: Computed, name: string, expression: BsonValue): void {
  const isSimple = !name.includes('.') && !(isDocument(expression) && operatorOf(expression) === null);
  check(isSimple, 238, 'Fields inside of others cannot be computed');
  parseFieldPath(name);
  computed.set(name, compileExpression(expression));
}

function compute(result: BsonDocument, document: BsonDocument, computed: Computed): BsonDocument {
  const scope = scopeOf(document);
  for (const [name, valueOf] of computed) {
    const value = valueOf(scope);
    if (value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
}

/** Reads what a projection says of the fields that it names, and of the others. */
function parseProjection(spec: BsonDocument) {
  const rules: Rules = new Map();
  const computed: Computed = new Map();
  let includes: boolean | undefined;
  const decide = (isIncluded: boolean, code: number) => {
    check((includes ??= isIncluded) === isIncluded, code, 'A projection either includes or excludes fields');
  };
  const read = (path: string, value: BsonValue): void => {
    const slice = isDocument(value) && value.size === 1 ? value.get('$slice') : undefined;
    if (typeof value === 'boolean' || isNumber(value)) {
      const isIncluded = isTruthy(value);
      if (path !== '_id') decide(isIncluded, isIncluded ? 31253 : 31254);
      addRule(rules, path, isIncluded ? keep : drop);
    } else if (isNumber(slice)) {
      const count = Math.trunc(toDouble(slice));
      // A negative number takes the last elements.
      const [from, to] = count < 0 ? [count] : [0, count];
      addRule(rules, path, (array) => (Array.isArray(array) ? array.slice(from, to) : array));
    } else if (isDocument(value) && operatorOf(value) === null) {
      check(value.size > 0, 51270, 'An empty sub-projection is not a valid value');
      for (const [name, inner] of value) read(`${path}.${name}`, inner);
    } else {
      decide(true, isDocument(value) ? 31252 : 31310);
      addRule(rules, path, drop);
      addComputed(computed, path, value);
    }
  };
  for (const [name, value] of spec) read(name, value);
  // What says nothing but of `_id` and `$slice`.
  includes ??= rules.get('_id') === keep;
  if (includes && !rules.has('_id')) rules.set('_id', keep);
  return { rules, computed, others: includes ? drop : keep };
}

/** Puts a rule under a path. @throws MongoError 31249, 31250 where another is in the way */
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
