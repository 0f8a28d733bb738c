import { BsonDocument } from '../language/bson-value';
import { encodeKeyComponent } from '../language/key-component';
import { SortKey } from '../language/sort';
import { Candidate } from './candidates';
import { IndexAccess } from './index-access';
import { splitByPoints } from './sort-order';
import { Fetch } from './stages/fetch';
import { IndexScan } from './stages/index-scan';
import { Merge, MergeInput } from './stages/merge';

/** The walk split by the points of its first components, merged by what follows them in the keys. */
export function mergeOfSplitWalk(
  access: IndexAccess,
  from: number,
  reverse: boolean,
  spec: BsonDocument,
): Merge {
  const inputs = splitByPoints(access, from).map((walk): MergeInput => {
    return { stage: new IndexScan(walk, reverse), keyOffset: fixedLength(walk, from) };
  });
  return new Merge(inputs, spec, reverse);
}

/**
 * Walks of several indexes merged into the wanted order; null unless in each of them points are followed by just the
 * components of that order, in one and the same direction, so that their keys compare from there on.
 */
export function mergeOfWalks(
  branches: readonly Candidate[],
  spec: BsonDocument,
  sort: readonly SortKey[],
): Merge | null {
  if (sort.length === 0) return null;
  const directions = new Set<string>();
  const inputs: MergeInput[] = [];
  for (const { access, points, order } of branches) {
    const from = access.components.findIndex(({ path }) => path === sort[0]!.path);
    const ordered = access.components.slice(from, from + sort.length);
    if (!order || from < 0 || from > points || !sort.every(({ path }, i) => ordered[i]?.path === path))
      return null;
    const reverse = ordered[0]!.direction !== sort[0]!.direction;
    directions.add(ordered.map(({ direction }) => direction).join());
    for (const walk of splitByPoints(access, from)) {
      const scan = new IndexScan(walk, reverse);
      const stage = access.documentFilters.length > 0 ? new Fetch(scan, access.documentFilters) : scan;
      inputs.push({ stage, keyOffset: fixedLength(walk, from) });
    }
  }
  return directions.size === 1 ? new Merge(inputs, spec, branches[0]!.order!.reverse) : null;
}

/** The bytes that the first components take in every key of the walk; they are single points. */
function fixedLength({ components }: IndexAccess, count: number): number {
  return components
    .slice(0, count)
    .reduce(
      (length, { intervals, direction }) => length + encodeKeyComponent(intervals[0]!.low, direction).length,
      0,
    );
}
