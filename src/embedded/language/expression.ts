import { BsonDocument, BsonValue, isDocument } from './bson-value';
import { MongoError } from './errors';
import { compileOperator } from './expression-operators';
import { Expression, followFieldPath, isTruthy, Scope, scopeOf } from './expression-scope';
import { formatForMessage } from './message-format';
import { parseFieldPath } from './path';

/**
 * Makes an aggregation expression ready to run.
 * @throws MongoError 15983, InvalidPipelineOperator (168) and others for what is none
 */
export function compileExpression(expression: BsonValue): Expression {
  if (typeof expression === 'string') return compileText(expression);
  if (Array.isArray(expression)) {
    const elements = expression.map(compileExpression);
    return (scope) => elements.map((element) => element(scope) ?? null);
  }
  if (!isDocument(expression)) return () => expression;
  const [first] = expression.keys();
  return first?.startsWith('$') ? compileSingle(expression, first) : compileObject(expression);
}

function compileSingle(expression: BsonDocument, operator: string): Expression {
  if (expression.size !== 1) {
    throw new MongoError(
      15983,
      `An object representing an expression must have exactly one field: ${formatForMessage(expression)}`,
    );
  }
  return compileOperator(operator, expression.get(operator)!, compileExpression);
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
  if (!text.startsWith('$$')) {
    const path = parseFieldPath(text.slice(1));
    return ({ root }) => followFieldPath(root, path);
  }
  const [variable, ...path] = parseFieldPath(text.slice(2));
  return (scope) => followFieldPath(variableOf(scope, variable!), path);
}

function variableOf({ root, variables }: Scope, name: string): BsonValue | undefined {
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
