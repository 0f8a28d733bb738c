import { Long } from 'bson';
import { BsonDocument, BsonValue, documentOf, isDocument, typeName } from './bson-value';
import { check } from './errors';
import { compileExpression } from './expression';
import { followFieldPath, Scope, scopeOf, PipelineSource, Stage } from './evaluation';
import { parseFieldPath } from './path';
import { compileProjection, addNode, ProjectionNode } from './projection';

/** `$project`. */
export function projectStage(spec: BsonValue): Stage {
  check(isDocument(spec), 15969, '$project specification must be an object');
  check(spec.size > 0, 51272, 'projection specification must have at least one field');
  return mapping(compileProjection(spec, { language: 'aggregate' }).apply);
}

/** `$unset`. */
export function unsetStage(spec: BsonValue): Stage {
  const paths = Array.isArray(spec) ? spec : [spec];
  check(paths.length > 0, 31119, '$unset needs a string or an array with at least one field');
  const excluded = paths.map((path): [string, BsonValue] => {
    check(typeof path === 'string', Array.isArray(spec) ? 31120 : 31002, '$unset takes strings only');
    return [path, false];
  });
  return projectStage(new Map(excluded));
}

/** `$addFields`, also called `$set`. */
export function addFieldsStage(spec: BsonValue, _source: PipelineSource, name: string): Stage {
  check(isDocument(spec), 40272, `${name} specification stage must be an object, got ${typeName(spec)}`);
  check(spec.size > 0, 40177, `${name} must have at least one field`);
  const children = parseComputed(spec);
  return mapping((document) => addFields(document, children, scopeOf(document)));
}

function parseComputed(spec: BsonDocument): Map<string, ProjectionNode> {
  const children = new Map<string, ProjectionNode>();
  for (const [path, value] of spec) {
    const isNested = isDocument(value) && value.size > 0 && !value.keys().next().value?.startsWith('$');
    const node: ProjectionNode = isNested
      ? { kind: 'inside', children: parseComputed(value) }
      : { kind: 'computed', expression: compileExpression(value) };
    addNode(children, path, node);
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

/** Makes the function that puts a value under a path, as `$addFields` does; `undefined` takes the field away. */
export function fieldSetter(
  path: string,
): (document: BsonDocument, value: BsonValue | undefined) => BsonDocument {
  let given: BsonValue | undefined;
  const children = new Map<string, ProjectionNode>();
  addNode(children, path, { kind: 'computed', expression: () => given });
  return (document, value) => {
    given = value;
    return addFields(document, children, scopeOf(document));
  };
}

/** `$replaceRoot`, and `$replaceWith`, which is it without its one option. */
export function replaceRootStage(spec: BsonValue, _source: PipelineSource, name: string): Stage {
  check(
    name === '$replaceWith' || isDocument(spec),
    40229,
    'expected an object as specification for $replaceRoot',
  );
  const root = name === '$replaceWith' ? spec : (spec as BsonDocument).get('newRoot');
  check(root !== undefined, 40231, 'no newRoot specified for the $replaceRoot stage');
  const rootOf = compileExpression(root);
  return mapping((document) => {
    const made = rootOf(scopeOf(document));
    check(isDocument(made), 40228, "'newRoot' expression must evaluate to an object");
    return made;
  });
}

function mapping(apply: (document: BsonDocument) => BsonDocument): Stage {
  return function* (documents) {
    for (const document of documents) yield document && apply(document);
  };
}

/** `$unwind`. */
export function unwindStage(spec: BsonValue, source: PipelineSource): Stage {
  const options = typeof spec === 'string' ? documentOf({ path: spec }) : spec;
  check(
    isDocument(options),
    15981,
    'expected either a string or an object as specification for $unwind stage',
  );
  const known = ['path', 'preserveNullAndEmptyArrays', 'includeArrayIndex'];
  const unknown = [...options.keys()].find((name) => !known.includes(name));
  check(unknown === undefined, 28811, `unrecognized option to $unwind stage: ${unknown}`);
  const [path, keepsEmpty, indexField] = known.map((name) => options.get(name));
  check(path !== undefined, 28812, 'no path specified to $unwind stage');
  check(typeof path === 'string', 28808, 'expected a string as the path for $unwind stage');
  check(path.startsWith('$'), 28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  const isName = indexField === undefined || (typeof indexField === 'string' && indexField !== '');
  check(isName, 28810, 'expected a non-empty string for the includeArrayIndex option to $unwind stage');
  const names = parseFieldPath(path.slice(1));
  const setField = fieldSetter(path.slice(1));
  const setIndex = indexField === undefined ? (made: BsonDocument) => made : fieldSetter(indexField);
  return function* (documents) {
    for (const document of documents) {
      const value = document && followFieldPath(document, names);
      if (!document) {
        yield null;
      } else if (!Array.isArray(value)) {
        if (value != null || keepsEmpty === true) yield setIndex(document, null);
      } else if (value.length === 0) {
        if (keepsEmpty === true) yield setIndex(setField(document, undefined), null);
      } else {
        for (let i = 0; i < value.length; i++) {
          yield setIndex(setField(document, value[i]), Long.fromNumber(i));
          if (source.pauses()) yield null;
        }
      }
    }
  };
}
