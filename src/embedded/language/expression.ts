import { BsonDocument, BsonValue, documentFrom, isDocument, Value } from './bson-value';
import { check } from './errors';
import { arrayIn, asValue, countElements, isNone, isTruthy, Operand, OPERATORS, Scope } from './evaluation';
import { parseFieldPath, topLevelName } from './path';

/** An aggregation expression, ready to run. */
export type Expression = (scope: Scope) => Value;

/** The same for those that take doubles as they are: no object is made for each. */
export type Evaluate = (scope: Scope) => Operand;

/** Operators that choose what they evaluate, or take more than values. */
const FORMS: Readonly<Record<string, (operand: BsonValue) => Evaluate>> = {
  $literal: (operand) => () => operand,
  $ifNull(operand) {
    const all = listOf(operand).map(compileOperand);
    check(all.length >= 2, 1257300, '$ifNull needs at least two arguments');
    return (scope) => all.reduce<Operand>((found, value) => found ?? value(scope), undefined);
  },
  $and: ofTruths('every'),
  $or: ofTruths('some'),
  $cond(operand) {
    const parts = isDocument(operand) ? partsOf(operand, ['if', 'then', 'else']) : listOf(operand);
    check(parts.length === 3, 16020, '$cond takes 3 arguments');
    const [condition, yes, no] = parts.map(compileOperand);
    return (scope) => (isTruthy(condition!(scope)) ? yes! : no!)(scope);
  },
  $switch(operand) {
    const [branches, fallback] = partsOf(operand, ['branches', 'default']);
    const cases = arrayIn('$switch', 40061, branches).map((branch) =>
      partsOf(branch, ['case', 'then']).map(compileOperand),
    );
    const otherwise = compileOperand(fallback!);
    return (scope) => (cases.find(([when]) => isTruthy(when!(scope)))?.[1] ?? otherwise)(scope);
  },
  $let(operand) {
    const [variables, inner] = partsOf(operand, ['vars', 'in']);
    check(isDocument(variables), 10065, 'vars must be an object');
    const all = Array.from(variables, ([name, value]) => [name, compileExpression(value)] as const);
    const valueOf = compileOperand(inner!);
    return (scope) => {
      const values = all.map(([name, of]) => [name, of(scope)] as const);
      return valueOf({ ...scope, variables: new Map([...scope.variables, ...values]) });
    };
  },
  $map: eachElement('in', 16883, (array, valueOf) => array.map((each) => asValue(valueOf(each)) ?? null)),
  $filter: eachElement('cond', 28651, (array, valueOf) => array.filter((each) => isTruthy(valueOf(each)))),
};

function ofTruths(method: 'every' | 'some') {
  return (operand: BsonValue): Evaluate => {
    const all = listOf(operand).map(compileOperand);
    return (scope) => all[method]((valueOf) => isTruthy(valueOf(scope)));
  };
}

/** What `$map` and `$filter` share: an array, a name for its elements, and what to do with each. */
function eachElement(
  action: string,
  code: number,
  run: (elements: BsonValue[], valueOf: (element: BsonValue) => Operand) => BsonValue[],
) {
  return (operand: BsonValue): Evaluate => {
    const [input, each, as] = partsOf(operand, ['input', action, 'as']);
    const [inputOf, valueOf] = [compileOperand(input!), compileOperand(each!)];
    return (scope) => {
      const array = inputOf(scope);
      if (isNone(array)) return null;
      return run(arrayIn('The input', code, array), (element) => {
        const variables = new Map(scope.variables).set(String(as), element);
        return valueOf({ root: scope.root, variables });
      });
    };
  };
}

/** What an operator is given: a list, or one operand by itself. */
export function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

/** The named parts of an operand, all of which are needed. */
function partsOf(operand: BsonValue, names: string[]): BsonValue[] {
  const isRight =
    isDocument(operand) && operand.size === names.length && names.every((name) => operand.has(name));
  check(isRight, 16879, `Expected an object with ${names.join(', ')}`);
  return names.map((name) => operand.get(name)!);
}

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

/** The same, for those that take doubles as they are. */
export function compileOperand(expression: BsonValue): Evaluate {
  if (typeof expression === 'string') return compileText(expression);
  if (Array.isArray(expression)) {
    const elements = expression.map(compileExpression);
    return (scope) => elements.map((element) => element(scope) ?? null);
  }
  if (!isDocument(expression)) return () => expression;
  const name = operatorOf(expression);
  if (name === null) return compileObject(expression);
  const operand = expression.get(name)!;
  if (Object.hasOwn(FORMS, name)) return FORMS[name]!(operand);
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
  return (scope) => documentFrom(fields.map(([name, valueOf]) => [name, valueOf(scope)]));
}

function compileText(text: string): Expression {
  if (!text.startsWith('$')) return () => text;
  const [variable, ...path] = parseFieldPath(text.startsWith('$$') ? text.slice(2) : `ROOT.${text.slice(1)}`);
  if (variable === 'ROOT') return ({ root }) => followFieldPath(root, path);
  return ({ variables }) => {
    check(variables.has(variable!), 17276, `Use of undefined variable: ${variable}`);
    return followFieldPath(variables.get(variable!), path);
  };
}

/** A path through documents; an array on the way gives an array of what its documents have there. */
function followFieldPath(value: Value, path: readonly string[]): Value {
  for (let depth = 0; depth < path.length; depth++) {
    if (Array.isArray(value)) {
      const rest = path.slice(depth);
      countElements(value.length);
      return value.map((element) => followFieldPath(element, rest)).filter((found) => found !== undefined);
    }
    if (!(value instanceof Map)) return undefined;
    value = value.get(path[depth]!);
  }
  return value;
}

/** Adds the top-level fields that an expression reads. @returns false where it reads the whole document */
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
