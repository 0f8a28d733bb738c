import { BSONRegExp, Double, Int32, Long } from 'bson';
import { BsonValue, isDocument, typeName } from './bson-value';
import { compareValues } from './compare';
import { MongoError } from './errors';
import { parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { formatField, formatForMessage } from './message-format';
import { toDouble } from './numbers';
import { ModifierParser } from './update-modifiers';
import { Modifier } from './update-path';
import { parsePush } from './update-push';

/** Operators on arrays. */
export const ARRAY_MODIFIERS: Readonly<Record<string, ModifierParser>> = {
  $push: parsePush,
  $addToSet: parseAddToSet,
  $pop: parsePop,
  $pull: (operand) => culler(parsePullCondition(operand)),
  $pullAll: parsePullAll,
};

function parseAddToSet(operand: BsonValue): Modifier {
  const values = distinct(parseAddToSetValues(operand));
  return {
    operator: '$addToSet',
    change: (value, { path }) => {
      if (!Array.isArray(value)) {
        throw new MongoError(
          2,
          `Cannot apply $addToSet to non-array field. Field named '${path.at(-1)}' has non-array type ${typeName(value)}`,
        );
      }
      const added = values.filter((element) => !includes(value, element));
      return added.length === 0 ? value : [...value, ...added];
    },
    create: () => values,
  };
}

function parseAddToSetValues(operand: BsonValue): BsonValue[] {
  if (!isDocument(operand) || operand.keys().next().value !== '$each') return [operand];
  const values = operand.get('$each')!;
  if (!Array.isArray(values)) {
    throw new MongoError(
      14,
      `The argument to $each in $addToSet must be an array but it was of type ${typeName(values)}`,
    );
  }
  if (operand.size > 1) {
    throw new MongoError(2, `Found unexpected fields after $each in $addToSet: ${formatForMessage(operand)}`);
  }
  return values;
}

function includes(values: BsonValue[], wanted: BsonValue): boolean {
  return values.some((value) => compareValues(value, wanted) === 0);
}

function distinct(values: BsonValue[]): BsonValue[] {
  return values.filter((value, index) => !includes(values.slice(0, index), value));
}

function parsePop(operand: BsonValue, name: string): Modifier {
  if (!(operand instanceof Int32 || operand instanceof Double || operand instanceof Long)) {
    throw new MongoError(9, `Expected a number in: ${formatField(name, operand)}`);
  }
  const end = toDouble(operand);
  if (!Number.isInteger(end)) throw new MongoError(9, `Expected an integer: ${formatField(name, operand)}`);
  if (Math.abs(end) !== 1) throw new MongoError(9, `$pop expects 1 or -1, found: ${end}`);
  return {
    operator: '$pop',
    change: (value, { path }) => {
      if (!Array.isArray(value)) {
        throw new MongoError(
          14,
          `Path '${path.join('.')}' contains an element of non-array type '${typeName(value)}'`,
        );
      }
      if (value.length === 0) return value;
      return end === 1 ? value.slice(0, -1) : value.slice(1);
    },
  };
}

/** Takes the elements that `condemned` names out of an array. */
function culler(condemned: (element: BsonValue) => boolean): Modifier {
  return {
    operator: '$pull',
    change: (value) => {
      if (!Array.isArray(value)) throw new MongoError(2, 'Cannot apply $pull to a non-array value');
      const kept = value.filter((element) => !condemned(element));
      return kept.length === value.length ? value : kept;
    },
  };
}

/** A condition on documents (`{ k: 1 }`), on values (`{ $gt: 1 }`, a pattern), or a value to equal. */
function parsePullCondition(operand: BsonValue): (element: BsonValue) => boolean {
  if (isDocument(operand) && operand.keys().next().value?.startsWith('$') !== true) {
    const { matches } = compileFilter(parseFilter(operand));
    return (element) => isDocument(element) && matches(element);
  }
  if (isDocument(operand) || operand instanceof BSONRegExp) {
    const { matches } = compileFilter(parseFilter(new Map([['', operand]])));
    return (element) => matches(new Map([['', element]]));
  }
  return (element) => compareValues(element, operand) === 0;
}

function parsePullAll(operand: BsonValue): Modifier {
  if (!Array.isArray(operand)) {
    throw new MongoError(2, `$pullAll requires an array argument but was given a ${typeName(operand)}`);
  }
  return culler((element) => includes(operand, element));
}
