import { BsonDocument, BsonValue, isDocument, typeName } from './bson-value';
import { MongoError } from './errors';
import { Expression, ExpressionCompiler, isTruthy, withVariables } from './expression-scope';

/** Makes an operator ready to run that decides itself which of its operands are evaluated, and with what variables. */
type Binder = (operand: BsonValue, compile: ExpressionCompiler) => Expression;

/** Operators that branch, or give names to values. */
export const BINDERS: Readonly<Record<string, Binder>> = {
  $literal: (operand) => () => operand,
  $and: (operand, compile) => {
    const conditions = listOf(operand).map(compile);
    return (scope) => conditions.every((condition) => isTruthy(condition(scope)));
  },
  $or: (operand, compile) => {
    const conditions = listOf(operand).map(compile);
    return (scope) => conditions.some((condition) => isTruthy(condition(scope)));
  },
  $ifNull: compileIfNull,
  $cond: compileCond,
  $switch: compileSwitch,
  $let: compileLet,
  $map: compileMap,
  $filter: compileFilterOperator,
  $reduce: compileReduce,
};

function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

function compileIfNull(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const values = listOf(operand).map(compile);
  if (values.length !== 2) {
    throw new MongoError(
      16020,
      `Expression $ifNull takes exactly 2 arguments. ${values.length} were passed in.`,
    );
  }
  return (scope) => values[0]!(scope) ?? values[1]!(scope);
}

function compileCond(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const [condition, yes, no] = condParts(operand).map(compile);
  return (scope) => (isTruthy(condition!(scope)) ? yes : no)!(scope);
}

function condParts(operand: BsonValue): BsonValue[] {
  if (!isDocument(operand)) {
    const parts = listOf(operand);
    if (parts.length === 3) return parts;
    throw new MongoError(
      16020,
      `Expression $cond takes exactly 3 arguments. ${parts.length} were passed in.`,
    );
  }
  const unknown = [...operand.keys()].find((name) => !['if', 'then', 'else'].includes(name));
  if (unknown !== undefined) throw new MongoError(17083, `Unrecognized parameter to $cond: ${unknown}`);
  return ['if', 'then', 'else'].map((name, index) => {
    const part = operand.get(name);
    if (part === undefined) throw new MongoError(17080 + index, `Missing '${name}' parameter to $cond`);
    return part;
  });
}

function compileSwitch(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf('$switch', operand, 40060);
  const branches = parts.get('branches');
  if (!Array.isArray(branches)) {
    throw new MongoError(
      40061,
      `$switch expected an array for 'branches', found: ${branches === undefined ? 'missing' : typeName(branches)}`,
    );
  }
  if (branches.length === 0) throw new MongoError(40068, '$switch requires at least one branch.');
  const cases = branches.map((branch) => {
    if (!isDocument(branch)) {
      throw new MongoError(40062, `$switch expected each branch to be an object, found: ${typeName(branch)}`);
    }
    return {
      when: compile(required('$switch', branch, 'case')),
      then: compile(required('$switch', branch, 'then')),
    };
  });
  const fallback = parts.has('default') ? compile(parts.get('default')!) : null;
  return (scope) => {
    const chosen = cases.find(({ when }) => isTruthy(when(scope)))?.then ?? fallback;
    if (chosen) return chosen(scope);
    throw new MongoError(
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    );
  };
}

function partsOf(operator: string, operand: BsonValue, code: number): BsonDocument {
  if (isDocument(operand)) return operand;
  throw new MongoError(code, `${operator} requires an object as an argument, found: ${typeName(operand)}`);
}

function required(operator: string, parts: BsonDocument, name: string): BsonValue {
  const part = parts.get(name);
  if (part === undefined) throw new MongoError(16875, `Missing '${name}' parameter to ${operator}`);
  return part;
}

function compileLet(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf('$let', operand, 16874);
  const variables = required('$let', parts, 'vars');
  if (!isDocument(variables)) throw new MongoError(10065, `invalid parameter: expected an object (vars)`);
  const values = [...variables].map(([name, value]) => [name, compile(value)] as const);
  const inner = compile(required('$let', parts, 'in'));
  return (scope) =>
    inner(
      withVariables(
        scope,
        values.map(([name, valueOf]) => [name, valueOf(scope)] as const),
      ),
    );
}

/** The parts that `$map` and `$filter` share: an array, a name for its elements, and what to do with each. */
function compileEach(
  operator: string,
  operand: BsonValue,
  action: string,
  compile: ExpressionCompiler,
  run: (elements: BsonValue[], valueOf: (element: BsonValue) => BsonValue | undefined) => BsonValue[],
): Expression {
  const parts = partsOf(operator, operand, 16878);
  const input = compile(required(operator, parts, 'input'));
  const name = parts.get('as') ?? 'this';
  const inner = compile(required(operator, parts, action));
  return (scope) => {
    const array = input(scope);
    if (array === undefined || array === null) return null;
    if (!Array.isArray(array)) {
      throw new MongoError(
        operator === '$map' ? 16883 : 28651,
        `input to ${operator} must be an array not ${typeName(array)}`,
      );
    }
    return run(array, (element) => inner(withVariables(scope, [[String(name), element]])));
  };
}

function compileMap(operand: BsonValue, compile: ExpressionCompiler): Expression {
  return compileEach('$map', operand, 'in', compile, (elements, valueOf) =>
    elements.map((element) => valueOf(element) ?? null),
  );
}

function compileFilterOperator(operand: BsonValue, compile: ExpressionCompiler): Expression {
  return compileEach('$filter', operand, 'cond', compile, (elements, valueOf) =>
    elements.filter((element) => isTruthy(valueOf(element))),
  );
}

function compileReduce(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf('$reduce', operand, 40075);
  const [input, initial, inner] = ['input', 'initialValue', 'in'].map((name) =>
    compile(required('$reduce', parts, name)),
  );
  return (scope) => {
    const array = input!(scope);
    if (array === undefined || array === null) return null;
    if (!Array.isArray(array)) {
      throw new MongoError(40080, `$reduce requires that 'input' be an array, found: ${typeName(array)}`);
    }
    return array.reduce<BsonValue | undefined>(
      (value, element) =>
        inner!(
          withVariables(scope, [
            ['value', value],
            ['this', element],
          ]),
        ),
      initial!(scope),
    );
  };
}
