import { BsonDocument, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { copyFields, decodeDocument, decodeFields, encodeDocument } from './codec';
import { check } from './errors';
import { Expression, isTruthy, Scope, scopeOf } from './evaluation';
import { collectExpressionFields, compileExpression, operatorOf } from './expression';
import { toDouble } from './numbers';
import { parseFieldPath } from './path';

/** A projection, ready to run. */
export interface CompiledProjection {
  apply(document: BsonDocument): BsonDocument;
  /** The same from encoded to encoded; without decoding, where whole fields are taken or left. */
  applyToBytes(bytes: Uint8Array): Uint8Array;
  /** The top-level fields it reads: a document may be decoded no further. Null is all of them. */
  readonly fields: ReadonlySet<string> | null;
}

/** Whether fields that are not named are left out, stay, or (`$addFields`) stay in any case. */
type Mode = 'inclusion' | 'exclusion' | 'addition';

/** What happens to one field, or to the fields inside it. */
type Rule =
  | { readonly kind: 'include' | 'exclude' }
  | { readonly kind: 'inside'; readonly rules: Rules }
  | { readonly kind: 'computed'; readonly valueOf: Expression }
  /** That many elements of an array, for a negative number the last ones. */
  | { readonly kind: 'slice'; readonly count: number };
type Rules = Map<string, Rule>;

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
  const { mode, rules } = new RuleParser().parse(spec);
  const apply = (document: BsonDocument) => project(document, rules, mode, scopeOf(document));
  const fields = new Set([...rules].filter(([, { kind }]) => kind !== 'exclude').map(([name]) => name));
  const knowsFields =
    mode === 'inclusion' && [...spec.values()].every((value) => collectExpressionFields(value, fields));
  const isWhole = [...rules.values()].every(({ kind }) => kind === 'include' || kind === 'exclude');
  const isKept = (name: string) => (mode === 'inclusion' ? fields.has(name) : !rules.has(name));
  const decode = (bytes: Uint8Array) => (knowsFields ? decodeFields(bytes, fields) : decodeDocument(bytes));
  return {
    apply,
    applyToBytes: (bytes) => (isWhole ? copyFields(bytes, isKept) : encodeDocument(apply(decode(bytes)))),
    fields: knowsFields ? fields : null,
  };
}

/**
 * Makes `$addFields` ready to run: a field that is there keeps its place, and a path goes through each document of an
 * array.
 */
export function compileAddFields(spec: BsonDocument): (document: BsonDocument) => BsonDocument {
  const { rules } = new RuleParser('addition').parse(spec);
  return (document) => project(document, rules, 'addition', scopeOf(document));
}

function project(document: BsonDocument, rules: Rules, mode: Mode, scope: Scope): BsonDocument {
  const result: BsonDocument = new Map();
  for (const [name, value] of document) {
    const rule = rules.get(name);
    const left = mode === 'inclusion' ? undefined : value;
    const projected = rule ? projectValue(value, rule, mode, scope) : left;
    if (projected !== undefined) result.set(name, projected);
  }
  // New fields stand behind the document's own.
  for (const [name, rule] of rules) {
    if (!computes(rule) || result.has(name)) continue;
    const made = rule.kind === 'computed' ? rule.valueOf(scope) : projectValue(null, rule, 'addition', scope);
    if (made !== undefined) result.set(name, made);
  }
  return result;
}

function projectValue(value: BsonValue, rule: Rule, mode: Mode, scope: Scope): Value {
  switch (rule.kind) {
    case 'include':
      return value;
    case 'exclude':
      return undefined;
    case 'computed':
      return mode === 'addition' ? rule.valueOf(scope) : undefined;
    case 'slice':
      return Array.isArray(value) ? value.slice(...(rule.count < 0 ? [rule.count] : [0, rule.count])) : value;
    case 'inside':
      return projectInside(value, rule, mode, scope);
  }
}

function projectInside(value: BsonValue, rule: Rule & { kind: 'inside' }, mode: Mode, scope: Scope): Value {
  if (isDocument(value)) return project(value, rule.rules, mode, scope);
  if (Array.isArray(value)) {
    return value
      .map((element) => projectValue(element, rule, mode, scope))
      .filter((element) => element !== undefined);
  }
  if (mode === 'exclusion') return value;
  return mode === 'addition' ? project(new Map(), rule.rules, mode, scope) : undefined;
}

function computes(rule: Rule): boolean {
  return rule.kind === 'computed' || (rule.kind === 'inside' && [...rule.rules.values()].some(computes));
}

/** Reads what a projection says. */
class RuleParser {
  private readonly rules: Rules = new Map();
  private id: Mode | null = null;

  constructor(private mode: Mode | null = null) {}

  parse(spec: BsonDocument): { mode: Mode; rules: Rules } {
    for (const [name, value] of spec) this.read(name, value, this.rules);
    // What says nothing but of `_id` and `$slice`.
    const mode = this.mode ?? this.id ?? 'exclusion';
    if (mode === 'inclusion' && !this.rules.has('_id')) this.rules.set('_id', { kind: 'include' });
    if (mode === 'exclusion' && this.id === 'inclusion') this.rules.delete('_id');
    return { mode, rules: this.rules };
  }

  private read(name: string, value: BsonValue, parent: Rules): void {
    if (isDocument(value) && value.size > 0 && operatorOf(value) === null) {
      const rules: Rules = new Map();
      addRule(parent, name, { kind: 'inside', rules });
      for (const [inner, innerValue] of value) this.read(inner, innerValue, rules);
    } else if (this.mode !== 'addition' && (isNumber(value) || typeof value === 'boolean')) {
      const isIncluded = isTruthy(value);
      addRule(parent, name, { kind: isIncluded ? 'include' : 'exclude' });
      const mode = isIncluded ? 'inclusion' : 'exclusion';
      if (parent === this.rules && name === '_id') this.id = mode;
      else this.decide(mode, isIncluded ? 31253 : 31254);
    } else {
      this.readExpression(name, value, parent);
    }
  }

  private readExpression(name: string, value: BsonValue, parent: Rules): void {
    const count = isDocument(value) ? value.get('$slice') : undefined;
    if (this.mode !== 'addition' && isNumber(count)) {
      return addRule(parent, name, { kind: 'slice', count: Math.trunc(toDouble(count)) });
    }
    const isEmpty = isDocument(value) && value.size === 0 && this.mode !== 'addition';
    check(!isEmpty, 51270, 'An empty sub-projection is not a valid value');
    if (this.mode !== 'addition') this.decide('inclusion', isDocument(value) ? 31252 : 31310);
    addRule(parent, name, { kind: 'computed', valueOf: compileExpression(value) });
  }

  private decide(mode: Mode, code: number): void {
    check((this.mode ?? mode) === mode, code, 'A projection either includes or excludes fields');
    this.mode = mode;
  }
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
    const inner: Rule = rules.get(name) ?? { kind: 'inside', rules: new Map() };
    check(inner.kind === 'inside', 31249, `Path collision at ${path}`);
    rules.set(name, inner);
    rules = inner.rules;
  }
  check(!rules.has(last), 31250, `Path collision at ${path}`);
  rules.set(last, rule);
}
