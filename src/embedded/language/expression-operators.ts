import { BsonValue } from './bson-value';
import { compareValues } from './compare';
import { MongoError } from './errors';
import { compileExpression, Expression } from './expression';

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  $eq: (order) => order === 0,
  $ne: (order) => order !== 0,
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
};

/** Makes one operator with its operands ready to run. */
export function compileOperator(operator: string, operand: BsonValue): Expression {
  const accepts = COMPARISONS[operator];
  if (!accepts) throw new MongoError(168, `Unrecognized expression '${operator}'`);
  const [a, b] = (operand as BsonValue[]).map(compileExpression);
  return (scope) => accepts(compareValues(a!(scope), b!(scope)));
}
