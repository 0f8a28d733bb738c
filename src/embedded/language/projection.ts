import { BsonDocument, BsonValue, isNumber } from './bson-value';
import { copyFields, decodeDocument, decodeFields, encodeDocument } from './codec';
import { MongoError } from './errors';
import { collectExpressionFields } from './expression';
import { isTruthy, Scope, scopeOf } from './expression-scope';
import { FilterNode } from './filter-node';
import { compileFilter, matchedPosition } from './filter-match';
import { ParsedProjection, parseProjection, ProjectionLanguage, ProjectionNode } from './projection-parser';

/** A projection, ready to run. */
export interface CompiledProjection {
  apply(document: BsonDocument): BsonDocument;
  /** The same from encoded to encoded; without decoding, where whole fields are taken or left. */
  applyToBytes(bytes: Uint8Array): Uint8Array;
  /** The top-level fields it reads: a document may be decoded no further. Null is all of them. */
  readonly fields: ReadonlySet<string> | null;
}

/** What else a projection depends on. */
export interface ProjectionOptions {
  readonly language?: ProjectionLanguage;
  /** The query's filter: it decides which element the positional `$` stands for. */
  readonly filter?: FilterNode;
}

/** Projections that take or leave whole fields, by what they say: the same few come with nearly every read. */
const known = new Map<string, CompiledProjection>();
const mostKnown = 200;
const longestKnown = 2000;

/**
 * Makes a projection ready to run.
 * @throws MongoError 31249, 31250, 31253, 31254 and others,
 */
export function compileProjection(spec: BsonDocument, options: ProjectionOptions = {}): CompiledProjection {
  const text = textOf(spec);
  if (text === null || text.length > longestKnown) return compile(spec, options);
  let compiled = known.get(text);
  if (!compiled) {
    // Without the filter, which it does not depend on and would keep in memory.
    compiled = compile(spec, {});
    if (known.size === mostKnown) known.clear();
    known.set(text, compiled);
  }
  return compiled;
}

/** Names with what is said of them; null where more is said, which may depend on the query or its language. */
function textOf(spec: BsonDocument): string | null {
  let text = '';
  for (const [name, rule] of spec) {
    if (name.includes('$') || !(isNumber(rule) || typeof rule === 'boolean')) return null;
    text += isTruthy(rule) ? `+${name}\0` : `-${name}\0`;
  }
  return text;
}

function compile(spec: BsonDocument, options: ProjectionOptions): CompiledProjection {
  const { type, root } = parseProjection(spec, options.language ?? 'find');
  const names = new Set(root.keys());
  const apply = (document: BsonDocument) => {
    const scope = scopeOf(document);
    return projectDocument(document, root, { type, scope, filter: options.filter });
  };
  const fields = type === 'inclusion' ? fieldsOf(spec, root) : null;
  const kinds = [...root.values()].map(({ kind }) => kind);
  const isWhole = kinds.every((kind) => kind === 'include' || kind === 'exclude');
  const taken = new Set([...root].filter(([, { kind }]) => kind === 'include').map(([name]) => name));
  const isKept =
    type === 'inclusion' ? (name: string) => taken.has(name) : (name: string) => !names.has(name);
  return {
    apply,
    applyToBytes: isWhole
      ? (bytes) => copyFields(bytes, isKept)
      : (bytes) => encodeDocument(apply(fields ? decodeFields(bytes, fields) : decodeDocument(bytes))),
    fields,
  };
}

/** Null where an expression, or `$`, needs the whole document. */
function fieldsOf(spec: BsonDocument, root: ReadonlyMap<string, ProjectionNode>): ReadonlySet<string> | null {
  const fields = new Set([...root].filter(([, { kind }]) => kind !== 'exclude').map(([name]) => name));
  const isKnown = [...spec].every(
    ([name, value]) => !name.endsWith('$') && collectExpressionFields(value, fields),
  );
  return isKnown ? fields : null;
}

interface Context extends Pick<ParsedProjection, 'type'> {
  readonly scope: Scope;
  readonly filter?: FilterNode | undefined;
}

function projectDocument(
  document: BsonDocument,
  children: ReadonlyMap<string, ProjectionNode>,
  context: Context,
): BsonDocument {
  const result: BsonDocument = new Map();
  for (const [name, value] of document) {
    const node = children.get(name);
    const projected = node
      ? projectValue(value, node, context)
      : context.type === 'inclusion'
        ? undefined
        : value;
    if (projected !== undefined) result.set(name, projected);
  }
  for (const [name, node] of children) addComputed(result, name, node, context);
  return result;
}

function projectValue(value: BsonValue, node: ProjectionNode, context: Context): BsonValue | undefined {
  switch (node.kind) {
    case 'include':
      return value;
    case 'inside':
      return projectInside(value, node.children, context);
    case 'slice':
      return Array.isArray(value) ? sliced(value, node.skip, node.limit) : value;
    case 'positional':
      return Array.isArray(value) ? [value[positionOf(context)]!] : value;
    case 'exclude':
    case 'computed':
    case 'elemMatch':
      return undefined;
  }
}

function sliced(values: BsonValue[], skip: number | null, limit: number): BsonValue[] {
  if (skip === null) return limit < 0 ? values.slice(limit) : values.slice(0, limit);
  const start = skip < 0 ? Math.max(values.length + skip, 0) : skip;
  return values.slice(start, start + limit);
}

function projectInside(
  value: BsonValue,
  children: ReadonlyMap<string, ProjectionNode>,
  context: Context,
): BsonValue | undefined {
  if (value instanceof Map) return projectDocument(value, children, context);
  if (!Array.isArray(value)) return context.type === 'inclusion' ? undefined : value;
  return value
    .map((element) => projectInside(element, children, context))
    .filter((element) => element !== undefined);
}

/** Computed fields, and elements that `$elemMatch` found, stand behind the document's own. */
function addComputed(result: BsonDocument, name: string, node: ProjectionNode, context: Context): void {
  if (node.kind === 'elemMatch') {
    const array = context.scope.root.get(name);
    const found = Array.isArray(array)
      ? array.find((element) => isMatch(node.filter, name, element))
      : undefined;
    if (found !== undefined) result.set(name, [found]);
  }
  if (node.kind === 'computed') {
    const value = node.expression(context.scope);
    if (value !== undefined) result.set(name, value);
  }
  if (node.kind === 'inside' && !result.has(name) && hasComputed(node)) {
    result.set(name, projectDocument(new Map(), node.children, context));
  }
}

function isMatch(filter: FilterNode, name: string, element: BsonValue): boolean {
  return compileFilter(filter).matches(new Map([[name, [element]]]));
}

function hasComputed(node: ProjectionNode): boolean {
  return (
    node.kind === 'computed' || (node.kind === 'inside' && [...node.children.values()].some(hasComputed))
  );
}

function positionOf({ filter, scope }: Context): number {
  const position = filter && matchedPosition(filter, scope.root);
  if (position != null) return position;
  throw new MongoError(51246, "The positional operator '.$' couldn't find a matching element in the array");
}
