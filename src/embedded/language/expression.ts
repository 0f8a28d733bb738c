import { BsonDocument, BsonValue, isDocument, Value } from './bson-value';
import { check, MongoError } from './errors';
import { compileOperator } from './expression-operators';
import { Expression, followFieldPath, isTruthy, Scope, scopeOf } from './evaluation';
import { parseFieldPath, topLevelName } from './path';

/**
 * Makes an aggregation expression ready to run.
 * @throws MongoError 15983, InvalidPipelineOperator (168) and others for an invalid one
 */
export function compileExpression(expression: BsonValue): Expression {
  if (typeof expression === 'string') return compileText(expression);
  if (Array.isArray(expression)) {
    const elements = expression.map(compileExpression);
    return (scope) => elements.map((element) => element(scope) ?? null);
  }
  if (!isDocument(expression)) return () => expression;
  const [first] = expression.keys();
  if (first?.startsWith('$') !== true) return compileObject(expression);
  check(expression.size === 1, 15983, 'An operator expression must have exactly one field');
  return compileOperator(first, expression.get(first)!, compileExpression);
}

function compileObject(expression: BsonDocument): Expression {
  const fields = Array.from(expression, ([name, value]) => [name, compileExpression(value)] as const);
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
  if (text.startsWith('$$')) {
    const [variable, ...path] = parseFieldPath(text.slice(2));
    return (scope) => followFieldPath(variableOf(scope, variable!), path);
  }
  const path = parseFieldPath(text.slice(1));
  const [name] = path;
  return path.length === 1 ? ({ root }) => root.get(name!) : ({ root }) => followFieldPath(root, path);
}

function variableOf({ root, variables }: Scope, name: string): Value {
  if (variables.has(name)) return variables.get(name);
  switch (name) {
    case 'ROOT':
    case 'CURRENT':
      return root;
    case 'NOW':
      return new Date();
    case 'REMOVE':
      return undefined;
    default:
      throw new MongoError(17276, `Use of undefined variable: ${name}`);
  }
}

/** Makes `$expr` ready to run. */
export function compileCondition(expression: BsonValue): (document: BsonDocument) => boolean {
  const valueOf = compileExpression(expression);
  return (document) => isTruthy(valueOf(scopeOf(document)));
}

/**
 * Adds the top-level fields that an expression reads.
 * @returns false where it reads the whole document
 */
export function collectExpressionFields(expression: BsonValue, fields: Set<string>): boolean {
  if (typeof expression === 'string') {
    if (expression.startsWith('$$')) return !/^\$\$(ROOT|CURRENT)(\.|$)/.test(expression);
    if (expression.startsWith('$')) fields.add(topLevelName(expression.slice(1)));
    return true;
  }
  if (Array.isArray(expression)) return expression.every((each) => collectExpressionFields(each, fields));
  if (!isDocument(expression) || expression.has('$literal')) return true;
  return [...expression.values()].every((value) => collectExpressionFields(value, fields));
}
