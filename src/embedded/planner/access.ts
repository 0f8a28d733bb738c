import { BsonDocument } from '../language/bson-value';
import { FilterNode } from '../language/filter';
import { parseSort } from '../language/sort';
import { CollectionView } from '../storage/view';
import { Candidate, candidate, candidatesOf, contenders, placeInUniqueIndex } from './candidates';
import { hintedIndexes, naturalDirection } from './hint';
import { indexAccesses } from './index-access';
import { mergeOfSplitWalk } from './merge-of-walks';
import { conjunctsOf, Query } from './query';
import { CollectionScan } from './stages/collection-scan';
import { Fetch } from './stages/fetch';
import { IndexScan } from './stages/index-scan';
import { Sort } from './stages/sort';
import { Stage } from './stages/stage';
import { fastestOf } from './trial';
import { unionOfBranches } from './union-of-branches';

/** How a query finds its rows, before anything is fetched, sorted or skipped. */
export interface Access {
  readonly source: Stage;
  /** What is left to be decided on the documents. */
  readonly filters: readonly FilterNode[];
  /** Whether the rows come in the order that the query wants. */
  readonly ordered: boolean;
}

/** The best way that the indexes offer, or the whole collection. */
export function bestAccess(view: CollectionView, query: Query): Access {
  const natural = naturalDirection(query);
  if (natural) return wholeCollection(query, natural === -1);
  const conjuncts = conjunctsOf(query.filter);
  const sort = parseSort(query.sort);
  const indexes = hintedIndexes(view, query.hint, conjuncts);
  const unique = placeInUniqueIndex(indexes, conjuncts);
  if (unique) return walk(candidate(unique, sort), query.sort);
  const candidates = candidatesOf(indexes, conjuncts, sort);
  const union = unionOfBranches(indexes, query, sort, candidates);
  if (union) return union;
  const [first, ...others] = contenders(candidates);
  if (first) return walk(others.length > 0 ? fastest([first, ...others], view, query) : first, query.sort);
  if (query.hint === undefined) return wholeCollection(query, false);
  return walk(candidate(indexAccesses(indexes[0]!, conjuncts)[0]!, sort), query.sort);
}

/** The access's rows as documents. */
export function fetched({ source, filters }: Access): Stage {
  return source instanceof CollectionScan ? source : new Fetch(source, filters);
}

function wholeCollection(query: Query, reverse: boolean): Access {
  return {
    source: new CollectionScan(conjunctsOf(query.filter), reverse),
    filters: [],
    ordered: query.sort.size === 0 || query.sort.has('$natural'),
  };
}

function walk({ access, order }: Candidate, sort: BsonDocument): Access {
  const filters = access.documentFilters;
  if (order && order.mergeFrom > 0) {
    const source = mergeOfSplitWalk(access, order.mergeFrom, order.reverse, sort);
    return { source, filters, ordered: true };
  }
  return { source: new IndexScan(access, order?.reverse ?? false), filters, ordered: order !== null };
}

function fastest(candidates: readonly Candidate[], view: CollectionView, query: Query): Candidate {
  const plans = candidates.map((each) => {
    const access = walk(each, query.sort);
    return access.ordered ? fetched(access) : new Sort(fetched(access), query.sort, query.limit);
  });
  return candidates[fastestOf(plans, view, query.limit)]!;
}
