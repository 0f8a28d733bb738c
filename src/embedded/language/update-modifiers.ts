import { Int32, Timestamp } from 'bson';
import { calculate, Operation } from './arithmetic';
import { BsonNumber, BsonValue, isDocument, isNumber, typeName } from './bson-value';
import { compareValues } from './compare';
import { MongoError } from './errors';
import { isIdentical } from './identity';
import { formatField } from './message-format';
import { Modifier, Place } from './update-path';

/** Makes the modifier for one field from its operand, `name` being the path as the update has it. */
export type ModifierParser = (operand: BsonValue, name: string) => Modifier;

/** Operators that put one value in place of another. */
export const VALUE_MODIFIERS: Readonly<Record<string, ModifierParser>> = {
  $set: (operand) => setter('$set', operand),
  $setOnInsert: (operand) => setter('$setOnInsert', operand),
  $unset: () => ({ operator: '$unset', change: () => undefined }),
  $inc: (operand, name) => parseArithmetic('$inc', 'increment', operand, name),
  $mul: (operand, name) => parseArithmetic('$mul', 'multiply', operand, name),
  $min: (operand) => chooser('$min', operand, -1),
  $max: (operand) => chooser('$max', operand, 1),
  $currentDate: parseCurrentDate,
};

/** Puts a value where the modifier is applied. */
export function setter(operator: string, operand: BsonValue): Modifier {
  return {
    operator,
    change: (value) => (isIdentical(value, operand) ? value : operand),
    create: () => operand,
  };
}

function chooser(operator: string, operand: BsonValue, wanted: number): Modifier {
  return {
    operator,
    change: (value) => (Math.sign(compareValues(operand, value)) === wanted ? operand : value),
    create: () => operand,
  };
}

function parseArithmetic(operator: string, verb: string, operand: BsonValue, name: string): Modifier {
  if (!isNumber(operand)) {
    throw new MongoError(14, `Cannot ${verb} with non-numeric argument: {${formatField(name, operand)}}`);
  }
  const operation: Operation = operator === '$inc' ? 'add' : 'multiply';
  return {
    operator,
    change: (value, place) => {
      if (!isNumber(value)) throw notNumeric(operator, value, place);
      const result = calculate(operation, value, operand);
      if (result === null) throw overflow(operator, value, place);
      return isIdentical(result, value) ? value : result;
    },
    create: () => (operation === 'add' ? operand : calculate('multiply', operand, new Int32(0))!),
  };
}

function notNumeric(operator: string, value: BsonValue, place: Place): MongoError {
  return new MongoError(
    14,
    `Cannot apply ${operator} to a value of non-numeric type. {${documentId(place)}} has the field ` +
      `'${place.path.at(-1)}' of non-numeric type ${typeName(value)}`,
  );
}

function overflow(operator: string, value: BsonNumber, place: Place): MongoError {
  const type = value instanceof Int32 ? 'NumberInt' : 'NumberLong';
  return new MongoError(
    2,
    `Failed to apply ${operator} operations to current value ((${type})${value.toString()}) for document ` +
      `{${documentId(place)}}`,
  );
}

/** How messages name the document. */
export function documentId({ root }: Place): string {
  return root.has('_id') ? formatField('_id', root.get('_id')) : 'no id';
}

function parseCurrentDate(operand: BsonValue): Modifier {
  const now = currentDateType(operand) === 'date' ? () => new Date() : currentTimestamp;
  return { operator: '$currentDate', change: now, create: now };
}

function currentDateType(operand: BsonValue): 'date' | 'timestamp' {
  if (typeof operand === 'boolean') return 'date';
  if (!isDocument(operand)) {
    throw new MongoError(
      2,
      `${typeName(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ` +
        `({$type: 'timestamp/date'}).`,
    );
  }
  const unknown = [...operand.keys()].find((name) => name !== '$type');
  if (unknown !== undefined) throw new MongoError(2, `Unrecognized $currentDate option: ${unknown}`);
  const type = operand.get('$type');
  if (type === 'date' || type === 'timestamp') return type;
  throw new MongoError(
    2,
    "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
  );
}

let lastTick = 0;

/** Timestamps of one process are all different. */
function currentTimestamp(): Timestamp {
  lastTick = (lastTick % 0x7fffffff) + 1;
  return new Timestamp({ t: Math.floor(Date.now() / 1000), i: lastTick });
}
