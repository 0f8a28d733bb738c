import type { PipelineSource, Stage } from './aggregate';
import { BsonDocument, BsonValue, isDocument, typeName } from './bson-value';
import { MongoError } from './errors';
import { compileExpression } from './expression';
import { Scope, scopeOf } from './expression-scope';
import { formatForMessage } from './message-format';
import { compileProjection } from './projection';
import { addNode, ProjectionNode } from './projection-parser';

/** `$project`. */
export function projectStage(spec: BsonValue): Stage {
  if (!isDocument(spec)) throw new MongoError(15969, '$project specification must be an object');
  const { apply } = inContext('$project', () => {
    if (spec.size === 0) throw new MongoError(51272, 'projection specification must have at least one field');
    return compileProjection(spec, { language: 'aggregate' });
  });
  return mapping(apply);
}

/** `$unset`. */
export function unsetStage(spec: BsonValue): Stage {
  const paths = Array.isArray(spec) ? spec : [spec];
  if (paths.length === 0) {
    throw new MongoError(31119, '$unset specification must be a string or an array with at least one field');
  }
  const excluded = paths.map((path): [string, BsonValue] => {
    if (typeof path === 'string') return [path, false];
    throw Array.isArray(spec)
      ? new MongoError(
          31120,
          '$unset specification must be a string or an array containing only string values',
        )
      : new MongoError(31002, '$unset specification must be a string or an array');
  });
  const { apply } = inContext('$unset', () =>
    compileProjection(new Map(excluded), { language: 'aggregate' }),
  );
  return mapping(apply);
}

/** `$addFields`, also called `$set`. */
export function addFieldsStage(spec: BsonValue, _source: PipelineSource, name: string): Stage {
  if (!isDocument(spec)) {
    throw new MongoError(40272, `${name} specification stage must be an object, got ${typeName(spec)}`);
  }
  const children = inContext(name, () => {
    if (spec.size === 0) throw new MongoError(40177, 'specification must have at least one field');
    return parseComputed(spec);
  });
  return mapping((document) => addFields(document, children, scopeOf(document)));
}

function parseComputed(spec: BsonDocument): Map<string, ProjectionNode> {
  const children = new Map<string, ProjectionNode>();
  for (const [path, value] of spec) {
    const isNested = isDocument(value) && value.size > 0 && !value.keys().next().value?.startsWith('$');
    addNode(
      children,
      path,
      isNested
        ? { kind: 'inside', children: parseComputed(value) }
        : { kind: 'computed', expression: compileExpression(value) },
    );
  }
  return children;
}

/** A field that is there keeps its place; a path goes through each document of an array. */
function addFields(
  document: BsonDocument,
  children: ReadonlyMap<string, ProjectionNode>,
  scope: Scope,
): BsonDocument {
  const result = new Map(document);
  for (const [name, node] of children) {
    const value =
      node.kind === 'computed' ? node.expression(scope) : addInside(result.get(name), node, scope);
    if (value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
}

function addInside(value: BsonValue | undefined, node: ProjectionNode, scope: Scope): BsonValue {
  if (Array.isArray(value)) return value.map((element) => addInside(element, node, scope));
  const children = node.kind === 'inside' ? node.children : new Map<string, ProjectionNode>();
  return addFields(isDocument(value) ? value : new Map(), children, scope);
}

/** Puts a value under a path, as `$addFields` does. */
export function withFieldAt(document: BsonDocument, path: string, value: BsonValue): BsonDocument {
  const children = new Map<string, ProjectionNode>();
  addNode(children, path, { kind: 'computed', expression: () => value });
  return addFields(document, children, scopeOf(document));
}

/** `$replaceRoot`, and `$replaceWith`, which is it without its one option. */
export function replaceRootStage(spec: BsonValue, _source: PipelineSource, name: string): Stage {
  const rootOf = compileExpression(name === '$replaceWith' ? spec : newRootOf(spec));
  return mapping((document) => {
    const root = rootOf(scopeOf(document));
    if (isDocument(root)) return root;
    const [text, type] =
      root === undefined ? ['MISSING', 'missing'] : [formatForMessage(root), typeName(root)];
    throw new MongoError(
      40228,
      `'newRoot' expression  must evaluate to an object, but resulting value was: ${text}. Type of resulting value: ` +
        `'${type}'. Input document: ${formatForMessage(document)}`,
    );
  });
}

function newRootOf(spec: BsonValue): BsonValue {
  if (!isDocument(spec)) {
    throw new MongoError(
      40229,
      `expected an object as specification for $replaceRoot stage, got ${typeName(spec)}`,
    );
  }
  const root = spec.get('newRoot');
  if (root === undefined) throw new MongoError(40231, 'no newRoot specified for the $replaceRoot stage');
  return root;
}

function mapping(apply: (document: BsonDocument) => BsonDocument): Stage {
  return function* (documents) {
    for (const document of documents) yield apply(document);
  };
}

function inContext<T>(stage: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof MongoError)) throw error;
    throw new MongoError(error.code, `Invalid ${stage} :: caused by :: ${error.message}`);
  }
}
