import { Int32 } from 'bson';
import { BsonDocument, BsonValue, isDocument, Value } from './bson-value';
import { check, MongoError } from './errors';
import { Expression, followFieldPath, isTruthy, Scope, scopeOf } from './evaluation';
import { Arithmetic, ARITHMETIC, asValue, Operand } from './expression-arithmetic';
import { listOf, OPERATORS } from './expression-operators';
import { callMingo, isMingoOperator } from './mingo';
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
  if (Object.hasOwn(OPERATORS, name)) return OPERATORS[name]!(operand, compileExpression);
  if (Object.hasOwn(ARITHMETIC, name)) {
    const run = compileArithmetic(ARITHMETIC[name]!, operand);
    return (scope) => asValue(run(scope));
  }
  check(isMingoOperator(name), 168, `The expression '${name}' is unknown or not supported`);
  return compileOther(name, compileExpression(operand));
}

/** The operator that a document stands for, null where it is a document of expressions. */
export function operatorOf(expression: BsonDocument): string | null {
  const [first] = expression.keys();
  if (first?.startsWith('$') !== true) return null;
  check(expression.size === 1, 15983, 'An operator expression must have exactly one field');
  return first;
}

/** The same for who takes doubles as they are: numbers are passed on without an object for each. */
export function compileOperand(expression: BsonValue): (scope: Scope) => Operand {
  const name = isDocument(expression) ? operatorOf(expression) : null;
  return name !== null && Object.hasOwn(ARITHMETIC, name)
    ? compileArithmetic(ARITHMETIC[name]!, (expression as BsonDocument).get(name)!)
    : compileExpression(expression);
}

function compileArithmetic(
  { operands: count, run, neutral }: Arithmetic,
  operand: BsonValue,
): (scope: Scope) => Operand {
  const operands = listOf(operand).map(compileOperand);
  const isRight = count === 'any' || operands.length === count;
  check(isRight, 16020, `Wrong number of arguments: ${operands.length}`);
  const [first, second] = operands;
  if (operands.length === 2) return (scope) => run(first!(scope), second!(scope));
  if (count === 1) return (scope) => run(first!(scope), undefined);
  return (scope) => operands.reduce<Operand>((all, valueOf) => run(all, valueOf(scope)), neutral);
}

/** An operator of mingo's; of a date in UTC, year and month are quicker to be had. */
function compileOther(name: string, valueOf: Expression): Expression {
  const isYear = name === '$year';
  if (!isYear && name !== '$month') return (scope) => callMingo(name, valueOf(scope) ?? null);
  return (scope) => {
    const date = valueOf(scope) ?? null;
    if (!(date instanceof Date)) return callMingo(name, date);
    return new Int32(isYear ? date.getUTCFullYear() : date.getUTCMonth() + 1);
  };
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
