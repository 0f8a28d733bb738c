import { BsonDocument, BsonValue } from '../../language/bson-value';
import { Execution } from '../execution';
import { count, describeBounds, describeFilters, describeIndex } from '../explain-format';
import { IndexAccess, pointPrefix } from '../index-access';
import { isEverything, isPoint } from '../interval';
import { componentPredicate, keyPredicate } from '../key-predicate';
import { KeyReader } from '../key-reader';
import { stretches } from '../stretches';
import { Rows, Stage } from './stage';

/** Walks the stretches of one index; hands on keys. */
export class IndexScan extends Stage {
  private seeks = 0;
  private dupsDropped = 0;

  constructor(
    readonly access: IndexAccess,
    private readonly reverse: boolean,
    name = 'IXSCAN',
  ) {
    super(name);
  }

  describe(): BsonDocument {
    const { access, reverse } = this;
    return new Map<string, BsonValue>([
      ...(access.keyFilters.length > 0 ? [['filter', describeFilters(access.keyFilters)] as const] : []),
      ...describeIndex(access.index),
      ['direction', reverse ? 'backward' : 'forward'],
      ['indexBounds', describeBounds(access, reverse)],
    ]);
  }

  override counters(): BsonDocument {
    return new Map<string, BsonValue>([
      ['keysExamined', count(this.keysExamined)],
      ['seeks', count(this.seeks)],
      ['dupsTested', count(0)],
      ['dupsDropped', count(this.dupsDropped)],
    ]);
  }

  *rows(execution: Execution): Rows {
    const { index } = this.access;
    const accepts = keyTest(this.access);
    const seen = findsTwice(this.access) ? new Set<number>() : null;
    for (const { lower, upper } of stretches(this.access, this.reverse)) {
      this.seeks++;
      for (const entry of execution.view!.scanIndex(index, lower, upper, this.reverse)) {
        this.keysExamined++;
        if (execution.clock.pauses()) yield null;
        if (accepts && !accepts(entry.key)) continue;
        if (seen?.has(entry.recordId)) {
          this.dupsDropped++;
          continue;
        }
        seen?.add(entry.recordId);
        this.returned++;
        yield entry;
      }
    }
    this.ended = true;
  }
}

/** What the stretches leave open, to be decided on each key; null when that is nothing. */
function keyTest(access: IndexAccess): ((key: Uint8Array) => boolean) | null {
  const { index, components, keyFilters } = access;
  const later = components.slice(pointPrefix(access) + 1).filter(({ intervals }) => !isEverything(intervals));
  const tests = [
    ...later.map(({ path, intervals }) => componentPredicate(index, path, intervals)),
    ...keyFilters.map((node) => keyPredicate(node, index)),
  ];
  if (tests.length === 0) return null;
  const reader = new KeyReader();
  return (key) => {
    reader.read(key);
    return tests.every((test) => test(reader));
  };
}

/** Whether one document can have several entries in the walk. */
function findsTwice({ index, components }: IndexAccess): boolean {
  return components.some(
    ({ path, intervals }) =>
      index.multikeyPaths.has(path) && !(intervals.length === 1 && intervals.every(isPoint)),
  );
}
