import { BsonDocument, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { copyFields, decodeDocument, decodeFields, encodeDocument } from './codec';
import { check } from './errors';
import { Expression, isTruthy, Scope, scopeOf } from './evaluation';
import { collectExpressionFields, compileExpression } from './expression';
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

/** Projections that take or leave whole fields, by what they say: the same few come with nearly every read. */
const known = new Map<string, CompiledProjection>();
const mostKnown = 200;
const longestKnown = 2000;

/**
 * Makes a projection ready to run.
 * @throws MongoError 31249, 31250, 31253, 31254 and others
 */
export function compileProjection(
  spec: BsonDocument,
  { language = 'find' }: { readonly language?: ProjectionLanguage | undefined } = {},
): CompiledProjection {
  const text = textOf(spec);
  if (text === null || text.length > longestKnown) return compile(spec, language);
  let compiled = known.get(text);
  if (!compiled) {
    compiled = compile(spec, language);
    if (known.size === mostKnown) known.clear();
    known.set(text, compiled);
  }
  return compiled;
}

/** Names with what is said of them; null where more is said, which may depend on the language. */
function textOf(spec: BsonDocument): string | null {
  let text = '';
  for (const [name, rule] of spec) {
    if (name.includes('$') || !(isNumber(rule) || typeof rule === 'boolean')) return null;
    text += isTruthy(rule) ? `+${name}\0` : `-${name}\0`;
  }
  return text;
}

function compile(spec: BsonDocument, language: ProjectionLanguage): CompiledProjection {
  const projection = parseProjection(spec, language);
  const { type, root } = projection;
  const apply = (document: BsonDocument) => projectDocument(document, root, projection, scopeOf(document));
  const fields = type === 'inclusion' ? fieldsOf(spec, root) : null;
  const isWhole = [...root.values()].every(({ kind }) => kind === 'include' || kind === 'exclude');
  const taken = new Set([...root].filter(([, { kind }]) => kind === 'include').map(([name]) => name));
  const isKept = (name: string) => (type === 'inclusion' ? taken.has(name) : !root.has(name));
  return {
    apply,
    applyToBytes: isWhole
      ? (bytes) => copyFields(bytes, isKept)
      : (bytes) => encodeDocument(apply(fields ? decodeFields(bytes, fields) : decodeDocument(bytes))),
    fields,
  };
}

/** Null where an expression needs the whole document. */
function fieldsOf(spec: BsonDocument, root: ReadonlyMap<string, ProjectionNode>): ReadonlySet<string> | null {
  const fields = new Set([...root].filter(([, { kind }]) => kind !== 'exclude').map(([name]) => name));
  return [...spec.values()].every((value) => collectExpressionFields(value, fields)) ? fields : null;
}

function projectDocument(
  document: BsonDocument,
  children: ReadonlyMap<string, ProjectionNode>,
  projection: ParsedProjection,
  scope: Scope,
): BsonDocument {
  const result: BsonDocument = new Map();
  for (const [name, value] of document) {
    const node = children.get(name);
    const unnamed = projection.type === 'inclusion' ? undefined : value;
    const projected = node ? projectValue(value, node, projection, scope) : unnamed;
    if (projected !== undefined) result.set(name, projected);
  }
  // Computed fields stand behind the document's own.
  for (const [name, node] of children) {
    const value = node.kind === 'computed' ? node.expression(scope) : undefined;
    if (value !== undefined) result.set(name, value);
    if (node.kind === 'inside' && !result.has(name) && hasComputed(node)) {
      result.set(name, projectDocument(new Map(), node.children, projection, scope));
    }
  }
  return result;
}

function projectValue(
  value: BsonValue,
  node: ProjectionNode,
  projection: ParsedProjection,
  scope: Scope,
): Value {
  if (node.kind === 'include') return value;
  if (node.kind === 'slice') return Array.isArray(value) ? sliced(value, node.skip, node.limit) : value;
  if (node.kind !== 'inside') return undefined;
  if (value instanceof Map) return projectDocument(value, node.children, projection, scope);
  if (!Array.isArray(value)) return projection.type === 'inclusion' ? undefined : value;
  return value
    .map((element) => projectValue(element, node, projection, scope))
    .filter((element) => element !== undefined);
}

function sliced(values: BsonValue[], skip: number | null, limit: number): BsonValue[] {
  if (skip === null) return limit < 0 ? values.slice(limit) : values.slice(0, limit);
  const start = skip < 0 ? Math.max(values.length + skip, 0) : skip;
  return values.slice(start, start + limit);
}

function hasComputed(node: ProjectionNode): boolean {
  return (
    node.kind === 'computed' || (node.kind === 'inside' && [...node.children.values()].some(hasComputed))
  );
}

/** What a projection does with one field, or with the fields inside it. */
export type ProjectionNode =
  | { kind: 'include' | 'exclude' }
  | { kind: 'inside'; children: Map<string, ProjectionNode> }
  | { kind: 'computed'; expression: Expression }
  /** A part of an array: without `skip`, from its beginning, or for a negative limit from its end. */
  | { kind: 'slice'; skip: number | null; limit: number };

/** A projection, parsed: whether fields that it does not name stay out or in, and what it says of the others. */
export interface ParsedProjection {
  readonly type: 'inclusion' | 'exclusion';
  readonly root: Map<string, ProjectionNode>;
}

/** `find` has `$slice`, which means another thing in `$project`. */
export type ProjectionLanguage = 'find' | 'aggregate';

/**
 * Reads a projection.
 * @throws MongoError 31249, 31250, 31253, 31254 and others
 */
export function parseProjection(spec: BsonDocument, language: ProjectionLanguage): ParsedProjection {
  const parser = new ProjectionParser(language);
  for (const [name, value] of spec) parser.parse(name, value, parser.root, true);
  return parser.finish();
}

class ProjectionParser {
  readonly root = new Map<string, ProjectionNode>();
  private type: 'inclusion' | 'exclusion' | null = null;
  private id: 'inclusion' | 'exclusion' | null = null;

  constructor(private readonly language: ProjectionLanguage) {}

  parse(name: string, value: BsonValue, parent: Map<string, ProjectionNode>, isRoot: boolean): void {
    if (isDocument(value)) return this.parseDocument(name, value, parent);
    if (!isNumber(value) && typeof value !== 'boolean') return this.compute(name, value, parent);
    const type = isTruthy(value) ? 'inclusion' : 'exclusion';
    check(!/(^|\.)\$$/.test(name), 238, 'The positional projection is not supported');
    addNode(parent, name, { kind: type === 'inclusion' ? 'include' : 'exclude' });
    if (isRoot && name === '_id') this.id = type;
    else this.decide(type, name);
  }

  finish(): ParsedProjection {
    // What says nothing but of `_id` and `$slice`.
    const type = this.type ?? this.id ?? 'exclusion';
    if (type === 'inclusion' && !this.root.has('_id')) this.root.set('_id', { kind: 'include' });
    if (type === 'exclusion' && this.id === 'inclusion') this.root.delete('_id');
    return { type, root: this.root };
  }

  private decide(type: 'inclusion' | 'exclusion', name: string): void {
    const isSame = this.type === null || this.type === type;
    check(
      isSame,
      type === 'inclusion' ? 31253 : 31254,
      `Cannot do ${type} on field ${name} in ${this.type} projection`,
    );
    this.type = type;
  }

  private compute(name: string, value: BsonValue, parent: Map<string, ProjectionNode>): void {
    check(
      this.type !== 'exclusion',
      isDocument(value) ? 31252 : 31310,
      'Cannot use an expression in an exclusion projection',
    );
    this.type = 'inclusion';
    addNode(parent, name, { kind: 'computed', expression: compileExpression(value) });
  }

  private parseDocument(name: string, value: BsonDocument, parent: Map<string, ProjectionNode>): void {
    const [[operator, operand] = []] = value;
    check(
      operator !== undefined && operand !== undefined,
      51270,
      'An empty sub-projection is not a valid value',
    );
    const isOperator = value.size === 1 && operator.startsWith('$');
    check(operator !== '$meta' && operator !== '$elemMatch', 238, `${operator} is not supported here`);
    if (isOperator && operator === '$slice' && this.language === 'find') {
      addNode(parent, name, parseSlice(operand));
    } else if (isOperator) {
      this.compute(name, value, parent);
    } else {
      const children = new Map<string, ProjectionNode>();
      addNode(parent, name, { kind: 'inside', children });
      for (const [inner, innerValue] of value) this.parse(inner, innerValue, children, false);
    }
  }
}

function parseSlice(operand: BsonValue): ProjectionNode {
  const [first, second, more] = Array.isArray(operand) ? operand : [null, operand];
  const [skip, limit] = [first, second].map((each: Value) =>
    isNumber(each) ? Math.trunc(toDouble(each)) : null,
  );
  const isRight =
    limit != null && (!Array.isArray(operand) || (skip != null && limit > 0 && more === undefined));
  check(isRight, 28667, '$slice takes a number, or [skip, limit] with a positive limit');
  return { kind: 'slice', skip: skip ?? null, limit };
}

/**
 * Puts a node under a path.
 * @throws MongoError 31249, 31250 where another is in the way
 */
export function addNode(parent: Map<string, ProjectionNode>, path: string, node: ProjectionNode): void {
  const names = parseFieldPath(path);
  const last = names.pop()!;
  let children = parent;
  for (const name of names) {
    const inner: ProjectionNode = children.get(name) ?? { kind: 'inside', children: new Map() };
    check(inner.kind === 'inside', 31249, `Path collision at ${path}`);
    children.set(name, inner);
    children = inner.children;
  }
  check(!children.has(last), 31250, `Path collision at ${path}`);
  children.set(last, node);
}
