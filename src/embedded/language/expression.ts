import { BsonDocument, BsonValue, isDocument } from './bson-value';
import { check } from './errors';
import { asValue, Expression, followFieldPath, Operand, Scope } from './evaluation';
import { FORMS, listOf, OPERATORS } from './expression-operators';
import { parseFieldPath, topLevelName } from './path';

/**
 * Makes an aggregation expression ready to run.
 * @throws MongoError 15983, InvalidPipelineOperator (168) and others for an invalid one
 */
export function compileExpression(expression: BsonValue): Expression {
  const operandOf = compileOperand(expression);
  // Only operators make numbers.
  if (!isDocument(expression)) return operandOf as Expression;
  return (scope) => asValue(operandOf(scope));
}

/** The same for those that take doubles as they are: no object is made for each. */
export function compileOperand(expression: BsonValue): (scope: Scope) => Operand {
  if (typeof expression === 'string') return compileText(expression);
  if (Array.isArray(expression)) {
    const elements = expression.map(compileExpression);
    return (scope) => elements.map((element) => element(scope) ?? null);
  }
  if (!isDocument(expression)) return () => expression;
  const name = operatorOf(expression);
  if (name === null) return compileObject(expression);
  const operand = expression.get(name)!;
  if (Object.hasOwn(FORMS, name)) return FORMS[name]!(operand, compileOperand);
  check(Object.hasOwn(OPERATORS, name), 168, `The expression '${name}' is unknown or not supported`);
  const { operands: count, run, first } = OPERATORS[name]!;
  const operands = listOf(operand).map(compileOperand);
  check(count === 'any' || operands.length === count, 16020, `${name} takes another number of arguments`);
  const [a, b] = operands;
  if (operands.length === 2) return (scope) => run(a!(scope), b!(scope));
  if (count === 1) return (scope) => run(a!(scope), undefined);
  return (scope) => operands.reduce<Operand>((all, valueOf) => run(all, valueOf(scope)), first);
}

/** The operator that a document stands for, null where it is a document of expressions. */
export function operatorOf(expression: BsonDocument): string | null {
  const first = expression.keys().next().value;
  if (first?.startsWith('$') !== true) return null;
  check(expression.size === 1, 15983, 'An operator expression must have exactly one field');
  return first;
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
  if (!text.startsWith('$$')) {
    const path = parseFieldPath(text.slice(1));
    const [name] = path;
    return path.length === 1 ? ({ root }) => root.get(name!) : ({ root }) => followFieldPath(root, path);
  }
  const [variable, ...path] = parseFieldPath(text.slice(2));
  if (variable === 'ROOT') return ({ root }) => followFieldPath(root, path);
  return ({ variables }) => {
    check(variables.has(variable!), 17276, `Use of undefined variable: ${variable}`);
    return followFieldPath(variables.get(variable!), path);
  };
}

/**
 * Adds the top-level fields that an expression reads.
 * @returns false where it reads the whole document
 */
export function collectExpressionFields(expression: BsonValue, fields: Set<string>): boolean {
  if (typeof expression === 'string') {
    if (expression.startsWith('$$')) return !/^\$\$ROOT(\.|$)/.test(expression);
    if (expression.startsWith('$')) fields.add(topLevelName(expression.slice(1)));
    return true;
  }
  if (Array.isArray(expression)) return expression.every((each) => collectExpressionFields(each, fields));
  if (!isDocument(expression) || expression.has('$literal')) return true;
  // Index keys do not tell types, and no index has a field of this name.
  if (expression.has('$type')) fields.add('$type');
  return [...expression.values()].every((value) => collectExpressionFields(value, fields));
}
