import { BsonDocument, BsonValue, isDocument, isNumber, typeName } from './bson-value';
import { compareValues } from './compare';
import { MongoError } from './errors';
import { toDouble } from './numbers';
import { compareBySort } from './sort';
import { documentId } from './update-modifiers';
import { Modifier, Place } from './update-path';

interface Push {
  readonly values: BsonValue[];
  readonly position: number;
  readonly slice: number | null;
  readonly order: ((a: BsonValue, b: BsonValue) => number) | null;
}

/**
 * Reads a `$push`: one value, or `$each` of several with `$position`, `$sort` and `$slice`.
 * @throws MongoError BadValue (2)
 */
export function parsePush(operand: BsonValue): Modifier {
  const push = isDocument(operand) && operand.has('$each') ? parsePushClauses(operand) : pushOf([operand]);
  return {
    operator: '$push',
    change: (value, place) => {
      if (!Array.isArray(value)) throw mustBeArray(value, place);
      return pushed(value, push);
    },
    create: () => pushed([], push),
  };
}

function pushOf(values: BsonValue[]): Push {
  return { values, position: Infinity, slice: null, order: null };
}

function parsePushClauses(clauses: BsonDocument): Push {
  const unknown = [...clauses.keys()].find(
    (name) => !['$each', '$slice', '$sort', '$position'].includes(name),
  );
  if (unknown !== undefined) throw new MongoError(2, `Unrecognized clause in $push: ${unknown}`);
  const values = clauses.get('$each')!;
  if (!Array.isArray(values)) {
    throw new MongoError(
      2,
      `The argument to $each in $push must be an array but it was of type: ${typeName(values)}`,
    );
  }
  const slice = clauses.get('$slice');
  const sort = clauses.get('$sort');
  const position = clauses.get('$position');
  return {
    values,
    slice:
      slice === undefined
        ? null
        : integerClause(slice, 'The value for $slice must be an integer value but was given type: '),
    order: sort === undefined ? null : parsePushSort(sort),
    position:
      position === undefined
        ? Infinity
        : integerClause(position, 'The value for $position must be an integer value, not of type: '),
  };
}

function integerClause(value: BsonValue, complaint: string): number {
  const number = isNumber(value) ? toDouble(value) : NaN;
  if (!Number.isInteger(number)) throw new MongoError(2, complaint + typeName(value));
  return number;
}

function parsePushSort(sort: BsonValue): (a: BsonValue, b: BsonValue) => number {
  if (isNumber(sort)) {
    const direction = checkDirection(sort);
    return (a, b) => direction * compareValues(a, b);
  }
  if (!isDocument(sort)) {
    throw new MongoError(
      2,
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  }
  if (sort.size === 0) {
    throw new MongoError(2, 'The $sort pattern is empty when it should be a set of fields.');
  }
  for (const [path, direction] of sort) {
    checkDirection(direction);
    if (path === '') throw new MongoError(2, 'The $sort field cannot be empty');
    if (path.split('.').includes('')) {
      throw new MongoError(2, `The $sort field is a dotted field but has an empty part: ${path}`);
    }
  }
  const compare = compareBySort(sort);
  return (a, b) => compare(asDocument(a), asDocument(b));
}

function checkDirection(value: BsonValue): number {
  const direction = isNumber(value) ? toDouble(value) : 0;
  if (Math.abs(direction) === 1) return direction;
  throw new MongoError(2, 'The $sort element value must be either 1 or -1');
}

/** An element that is no document sorts as one without fields. */
function asDocument(value: BsonValue): BsonDocument {
  return isDocument(value) ? value : new Map();
}

function pushed(array: BsonValue[], { values, position, slice, order }: Push): BsonValue[] {
  const at = position < 0 ? Math.max(array.length + position, 0) : Math.min(position, array.length);
  let result = values.length === 0 ? array : [...array.slice(0, at), ...values, ...array.slice(at)];
  if (order) result = [...result].sort(order);
  if (slice === null || result.length <= Math.abs(slice)) return result;
  return slice < 0 ? result.slice(slice) : result.slice(0, slice);
}

function mustBeArray(value: BsonValue, place: Place): MongoError {
  return new MongoError(
    2,
    `The field '${place.path.join('.')}' must be an array but is of type ${typeName(value)} in document ` +
      `{${documentId(place)}}`,
  );
}
