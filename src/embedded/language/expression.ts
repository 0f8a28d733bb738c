import { BsonDocument, BsonValue, isDocument, Value } from './bson-value';
import { check, MongoError } from './errors';
import { Expression, followFieldPath, isTruthy, Scope, scopeOf } from './evaluation';
import { ARITHMETIC, asValue, Operand, Operator } from './expression-arithmetic';
import { FORMS, listOf, OPERATORS } from './expression-operators';
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
  const name = operatorOf(expression);
  if (name === null) return compileObject(expression);
  const operand = expression.get(name)!;
  if (Object.hasOwn(FORMS, name)) return FORMS[name]!(operand, compileExpression);
  if (Object.hasOwn(OPERATORS, name)) return compileOperator(OPERATORS[name]!, operand, compileExpression);
  const valueOf = compileOperand(expression);
  return (scope) => asValue(valueOf(scope));
}

/** The same for those that take doubles as they are: no object is made for each. */
export function compileOperand(expression: BsonValue): (scope: Scope) => Operand {
  const name = isDocument(expression) ? operatorOf(expression) : null;
  if (name === null || Object.hasOwn(FORMS, name) || Object.hasOwn(OPERATORS, name)) {
    return compileExpression(expression);
  }
  check(Object.hasOwn(ARITHMETIC, name), 168, `The expression '${name}' is unknown or not supported`);
  return compileOperator(ARITHMETIC[name]!, (expression as BsonDocument).get(name)!, compileOperand);
}

/** The operator that a document stands for, null where it is a document of expressions. */
export function operatorOf(expression: BsonDocument): string | null {
  const [first] = expression.keys();
  if (first?.startsWith('$') !== true) return null;
  check(expression.size === 1, 15983, 'An operator expression must have exactly one field');
  return first;
}

function compileOperator<Given extends Operand>(
  { operands: count, run, first }: Operator<Given>,
  operand: BsonValue,
  compile: (expression: BsonValue) => (scope: Scope) => Given,
): (scope: Scope) => Given {
  const operands = listOf(operand).map(compile);
  check(
    count === 'any' || operands.length === count,
    16020,
    `${operands.length} arguments are too many or few`,
  );
  const [a, b] = operands;
  if (operands.length === 2) return (scope) => run(a!(scope), b!(scope));
  if (count === 1) return (scope) => run(a!(scope), undefined as Given);
  return (scope) => operands.reduce((all, valueOf) => run(all, valueOf(scope)), first as Given);
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
