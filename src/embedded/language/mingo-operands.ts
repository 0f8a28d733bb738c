import { Int32 } from 'bson';
import { BsonDocument, BsonValue, isDocument } from './bson-value';

/** What an operator is to be given; `answer` where there is nothing left to ask mingo. */
type Prepared = { operand: BsonValue } | { answer: BsonValue };
type Preparation = (operand: BsonValue) => Prepared;

const DATE_PARTS: BsonDocument = new Map(
  Object.entries({ month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 }).map(([part, least]) => [
    part,
    new Int32(least),
  ]),
);

/** Where mingo asks for what MongoDB fills in, or fails on what MongoDB answers with null. */
const PREPARATIONS: Readonly<Record<string, Preparation>> = {
  ...each('$year $month $week $dayOfMonth $dayOfWeek $dayOfYear $isoWeek $isoWeekYear $isoDayOfWeek', ofDate),
  ...each('$hour $minute $second $millisecond $dateToParts', ofDate),
  ...each('$setUnion $setIntersection $setDifference', ofSets),
  ...each('$round $trunc', withPlaces),
  $strcasecmp: (operand) => ({ operand: listOf(operand).map((text) => text ?? '') }),
  $dateFromParts: (operand) => ({ operand: isDocument(operand) ? withAllParts(operand) : operand }),
  $convert: (operand) => {
    if (!isDocument(operand) || (operand.get('input') ?? null) !== null) return { operand };
    return { answer: operand.get('onNull') ?? null };
  },
};

/** Prepares what is given to one of mingo's operators. */
export function prepare(operator: string, operand: BsonValue): Prepared {
  return PREPARATIONS[operator]?.(operand) ?? { operand };
}

function each(operators: string, preparation: Preparation): Record<string, Preparation> {
  return Object.fromEntries(operators.split(' ').map((operator) => [operator, preparation]));
}

function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

function ofDate(operand: BsonValue): Prepared {
  const date = isDocument(operand) ? operand.get('date') : listOf(operand)[0];
  return (date ?? null) === null ? { answer: null } : { operand };
}

function ofSets(operand: BsonValue): Prepared {
  return listOf(operand).includes(null) ? { answer: null } : { operand };
}

function withPlaces(operand: BsonValue): Prepared {
  const [number, places = new Int32(0)] = listOf(operand);
  return { operand: [number ?? null, places] };
}

/** Weeks of the ISO calendar have parts of their own, and mingo's defaults for those are right. */
function withAllParts(parts: BsonDocument): BsonDocument {
  return parts.has('isoWeekYear') ? parts : new Map([...DATE_PARTS, ...parts]);
}
