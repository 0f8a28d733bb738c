import { BsonDocument, BsonValue, isDocument, isNumber } from './bson-value';
import { MongoError } from './errors';
import { compileOperator } from './expression-operators';
import { formatForMessage } from './message-format';
import { toDouble } from './numbers';
import { parseFieldPath } from './path';

/** What an expression sees: the document, and the variables that surround it. */
export interface Scope {
  readonly root: BsonDocument;
  readonly variables: ReadonlyMap<string, BsonValue | undefined>;
}

/** An aggregation expression, ready to run; `undefined` is a value that is not there. */
export type Expression = (scope: Scope) => BsonValue | undefined;

const NO_VARIABLES: ReadonlyMap<string, BsonValue | undefined> = new Map();

export function scopeOf(root: BsonDocument, variables = NO_VARIABLES): Scope {
  return { root, variables };
}

/**
 * Makes an aggregation expression ready to run.
 * @throws MongoError 15983, 168 (InvalidPipelineOperator), 17276 and others for what is none
 */
export function compileExpression(expression: BsonValue): Expression {
  if (typeof expression === 'string') return compileText(expression);
  if (Array.isArray(expression)) {
    const elements = expression.map(compileExpression);
    return (scope) => elements.map((element) => element(scope) ?? null);
  }
  if (!isDocument(expression)) return () => expression;
  const [first] = expression;
  return first?.[0].startsWith('$') ? compileSingle(expression) : compileObject(expression);
}

function compileSingle(expression: BsonDocument): Expression {
  if (expression.size !== 1) {
    throw new MongoError(
      15983,
      `An object representing an expression must have exactly one field: ${formatForMessage(expression)}`,
    );
  }
  const [[operator, operand]] = expression as unknown as [[string, BsonValue]];
  return compileOperator(operator, operand);
}

function compileObject(expression: BsonDocument): Expression {
  const fields = [...expression].map(([name, value]) => [name, compileExpression(value)] as const);
  return (scope) => {
    const document: BsonDocument = new Map();
    for (const [name, valueOf] of fields) {
      const value = valueOf(scope);
      if (value !== undefined) document.set(name, value);
    }
    return document;
  };
}

function compileText(text: string): Expression {
  if (!text.startsWith('$')) return () => text;
  const [variable, ...path] = text.startsWith('$$')
    ? text.slice(2).split('.')
    : ['ROOT', ...parseFieldPath(text.slice(1))];
  return (scope) => followFieldPath(variableOf(scope, variable!), path);
}

function variableOf(scope: Scope, name: string): BsonValue | undefined {
  if (name === 'ROOT' || name === 'CURRENT') return scope.variables.get(name) ?? scope.root;
  if (name === 'REMOVE') return undefined;
  if (name === 'NOW') return new Date();
  if (!scope.variables.has(name)) throw new MongoError(17276, `Use of undefined variable: ${name}`);
  return scope.variables.get(name);
}

/** A path through documents; an array on the way gives an array of what its documents have there. */
export function followFieldPath(
  value: BsonValue | undefined,
  path: readonly string[],
): BsonValue | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (value instanceof Map) return followFieldPath(value.get(name), rest);
  if (!Array.isArray(value)) return undefined;
  return value.map((element) => followFieldPath(element, path)).filter((found) => found !== undefined);
}

/** MongoDB's notion of truth in expressions. */
export function isTruthy(value: BsonValue | undefined): boolean {
  if (isNumber(value)) return toDouble(value) !== 0;
  return value !== undefined && value !== null && value !== false;
}

/** Makes `$expr` ready to run. */
export function compileCondition(expression: BsonValue): (document: BsonDocument) => boolean {
  const valueOf = compileExpression(expression);
  return (document) => isTruthy(valueOf(scopeOf(document)));
}
