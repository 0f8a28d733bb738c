import { BsonDocument, BsonValue } from '../../language/bson-value';
import { describeIndex } from '../explain-format';
import { IndexAccess, pointPrefix } from '../index-access';
import { Interval, isEverything, isPoint } from '../interval';
import { IndexScan } from './index-scan';

/** Counts the keys of one stretch of an index. */
export class CountScan extends IndexScan {
  constructor(access: IndexAccess) {
    super(access, false, 'COUNT_SCAN');
  }

  override describe(): BsonDocument {
    return new Map<string, BsonValue>([
      ...describeIndex(this.access.index),
      ['indexBounds', describeStretch(this.access)],
    ]);
  }
}

/** Whether the access walks one stretch of the index and takes all its keys, each for another document. */
export function isOneStretch({ index, components, keyFilters }: IndexAccess): boolean {
  const range = components.findIndex(({ intervals }) => !(intervals.length === 1 && isPoint(intervals[0]!)));
  const rest = range < 0 ? [] : components.slice(range + 1);
  const arraysAtPoints = components.every(
    ({ path }, i) => !index.multikeyPaths.has(path) || range < 0 || i < range,
  );
  return (
    keyFilters.length === 0 &&
    arraysAtPoints &&
    (range < 0 || components[range]!.intervals.length === 1) &&
    rest.every(({ intervals }) => isEverything(intervals))
  );
}

function describeStretch(access: IndexAccess): BsonDocument {
  const ends = access.components.map(({ path, direction, intervals }) => {
    const { low, lowOpen, high, highOpen } = intervals[0] as Interval;
    return direction === 1
      ? { path, start: low, startOpen: lowOpen, end: high, endOpen: highOpen }
      : { path, start: high, startOpen: highOpen, end: low, endOpen: lowOpen };
  });
  const range = ends[Math.min(pointPrefix(access), ends.length - 1)]!;
  return new Map<string, BsonValue>([
    ['startKey', new Map(ends.map(({ path, start }) => [path, start]))],
    ['startKeyInclusive', !range.startOpen],
    ['endKey', new Map(ends.map(({ path, end }) => [path, end]))],
    ['endKeyInclusive', !range.endOpen],
  ]);
}
