import { Int32 } from 'bson';
import type { Stage } from './aggregate';
import { BsonDocument, BsonValue, isDocument, typeName } from './bson-value';
import { canonicalType, compareValues } from './compare';
import { MongoError } from './errors';

const OPTIONS = new Set(['groupBy', 'boundaries', 'default', 'output']);

/**
 * `$bucket`, which is a `$group` by the lower boundary that a `$switch` finds, in the order of the boundaries.
 * @param compile makes the stage of a pipeline
 */
export function bucketStage(spec: BsonValue, compile: (pipeline: readonly BsonDocument[]) => Stage): Stage {
  if (!isDocument(spec)) {
    throw new MongoError(
      40201,
      `Argument to $bucket stage must be an object, but found type: ${typeName(spec)}.`,
    );
  }
  for (const option of spec.keys()) {
    if (!OPTIONS.has(option)) throw new MongoError(40197, `Unrecognized option to $bucket: ${option}.`);
  }
  const groupBy = spec.get('groupBy');
  if (groupBy === undefined || !spec.has('boundaries')) {
    throw new MongoError(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  }
  checkGroupBy(groupBy);
  const boundaries = checkedBoundaries(spec.get('boundaries')!);
  const rest = spec.get('default');
  if (rest !== undefined) checkDefault(rest, boundaries);
  const id = new Map([['$switch', lowerBoundary(groupBy, boundaries, rest)]]);
  const group = new Map<string, BsonValue>([['_id', id], ...outputOf(spec.get('output'))]);
  return compile([new Map([['$group', group]]), new Map([['$sort', ascending]])]);
}

const ascending: BsonDocument = new Map([['_id', new Int32(1)]]);

function checkGroupBy(groupBy: BsonValue): void {
  if (isDocument(groupBy) || (typeof groupBy === 'string' && groupBy.startsWith('$'))) return;
  throw new MongoError(
    40202,
    "The $bucket 'groupBy' field must be defined as a $-prefixed path or an expression, but found: " +
      `${String(groupBy)}.`,
  );
}

function checkedBoundaries(boundaries: BsonValue): readonly BsonValue[] {
  if (!Array.isArray(boundaries)) {
    throw new MongoError(
      40200,
      `The $bucket 'boundaries' field must be an array, but found type: ${typeName(boundaries)}.`,
    );
  }
  if (boundaries.length < 2) {
    throw new MongoError(
      40192,
      `The $bucket 'boundaries' field must have at least 2 values, but found ${boundaries.length} value(s).`,
    );
  }
  for (const [index, upper] of boundaries.slice(1).entries())
    checkAscending(boundaries[index]!, upper, index);
  return boundaries;
}

function checkAscending(lower: BsonValue, upper: BsonValue, index: number): void {
  if (canonicalType(lower) !== canonicalType(upper)) {
    throw new MongoError(
      40193,
      "All values in the the 'boundaries' option to $bucket must have the same type. Found conflicting types " +
        `${typeName(lower)} and ${typeName(upper)}.`,
    );
  }
  if (compareValues(lower, upper) < 0) return;
  throw new MongoError(
    40194,
    "The 'boundaries' option to $bucket must be sorted, but elements " +
      `${index} and ${index + 1} are not in ascending order (${String(lower)} is not less than ${String(upper)}).`,
  );
}

/** What goes into no bucket must not look as if it did. */
function checkDefault(rest: BsonValue, boundaries: readonly BsonValue[]): void {
  if (canonicalType(rest) !== canonicalType(boundaries[0])) return;
  const inside =
    compareValues(rest, boundaries[0]) >= 0 && compareValues(rest, boundaries[boundaries.length - 1]) < 0;
  if (inside) {
    throw new MongoError(
      40199,
      "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.",
    );
  }
}

function lowerBoundary(groupBy: BsonValue, boundaries: readonly BsonValue[], rest: BsonValue | undefined) {
  const branches = boundaries.slice(1).map((upper, index) => {
    const from = new Map<string, BsonValue>([['$gte', [groupBy, literal(boundaries[index]!)]]]);
    const to = new Map<string, BsonValue>([['$lt', [groupBy, literal(upper)]]]);
    return new Map<string, BsonValue>([
      ['case', new Map([['$and', [from, to]]])],
      ['then', literal(boundaries[index]!)],
    ]);
  });
  const choice = new Map<string, BsonValue>([['branches', branches]]);
  if (rest !== undefined) choice.set('default', literal(rest));
  return choice;
}

function literal(value: BsonValue): BsonDocument {
  return new Map([['$literal', value]]);
}

function outputOf(output: BsonValue | undefined): readonly (readonly [string, BsonValue])[] {
  if (output === undefined) return [['count', new Map([['$sum', new Int32(1)]])]];
  if (isDocument(output)) return [...output];
  throw new MongoError(
    40196,
    `The $bucket 'output' field must be an object, but found type: ${typeName(output)}.`,
  );
}
