import { FilterNode } from '../language/filter';
import { SortKey } from '../language/sort';
import { IndexInfo } from '../storage/view';
import { Access } from './access';
import { Candidate, candidatesOf, contenders } from './candidates';
import { mergeOfWalks } from './merge-of-walks';
import { conjunctsOf, Query } from './query';
import { Fetch } from './stages/fetch';
import { IndexScan } from './stages/index-scan';
import { Stage } from './stages/stage';
import { Union } from './stages/union';

/** An `$or` as one walk for each of its branches, where no single walk narrows the search; or null. */
export function unionOfBranches(
  indexes: readonly IndexInfo[],
  query: Query,
  sort: readonly SortKey[],
  candidates: readonly Candidate[],
): Access | null {
  const conjuncts = conjunctsOf(query.filter);
  const or = conjuncts.find((node) => node.kind === 'or');
  if (!or || or.kind !== 'or' || candidates.some((each) => isEnough(each, conjuncts, or.children.length)))
    return null;
  const others = conjuncts.filter((node) => node !== or);
  const branches: Candidate[] = [];
  for (const branch of or.children) {
    const bounded = candidatesOf(indexes, [...conjunctsOf(branch), ...others], sort).filter(
      (c) => c.bounded > 0,
    );
    const [best] = contenders(bounded);
    if (!best) return null;
    branches.push(best);
  }
  const merge = mergeOfWalks(branches, query.sort, sort);
  if (merge) return { source: merge, filters: [], ordered: true };
  const walks = branches.map(({ access }): Stage => {
    const walk = new IndexScan(access, false);
    return access.documentFilters.length > 0 ? new Fetch(walk, access.documentFilters) : walk;
  });
  return { source: new Union(walks), filters: [], ordered: sort.length === 0 };
}

/** Whether one walk does it: by what else the filter says, or by bounds around all branches that are as few. */
function isEnough(
  { access, bounded, points }: Candidate,
  conjuncts: readonly FilterNode[],
  branches: number,
): boolean {
  if (bounded === 0) return false;
  if (conjuncts.length > 1) return true;
  const places = access.components.slice(0, points).reduce((product, c) => product * c.intervals.length, 1);
  return access.documentFilters.length === 0 && places <= branches;
}
