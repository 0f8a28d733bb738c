import { BsonDocument, BsonValue, isNumber, Value } from './bson-value';
import { copyFields, decodeDocument, decodeFields, encodeDocument } from './codec';
import { collectExpressionFields } from './expression';
import { isTruthy, Scope, scopeOf } from './expression-scope';
import { ParsedProjection, parseProjection, ProjectionLanguage, ProjectionNode } from './projection-parser';

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
