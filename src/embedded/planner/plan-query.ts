import { FilterNode } from '../language/filter-node';
import { parseSort } from '../language/index-key';
import { compileProjection } from '../language/projection';
import { CollectionView, IndexInfo } from '../storage/view';
import {
  Candidate,
  candidate,
  candidatesOf,
  contenders,
  naturalDirection,
  placeInUniqueIndex,
  usableIndexes,
} from './candidates';
import { Clock } from './execution';
import { IndexAccess, indexAccesses } from './index-access';
import { fetched, Plan, PlanRun, Rows, Source, Walk, walkRows } from './plan';
import { conjunctsOf, Query } from './query';

const nothing: Plan = {
  source: { kind: 'nothing' },
  filters: [],
  fetches: false,
  sort: null,
  skip: 0,
  limit: 0,
  projection: null,
  decode: null,
};

/** How to answer the query; nothing has run yet. `view` is null where there is no such collection. */
export function planQuery(view: CollectionView | null, query: Query): Plan {
  if (!view) return nothing;
  const { skip, limit, projection: spec, projectionLanguage: language } = query;
  const apply = spec?.size ? compileProjection(spec, { language }).applyToBytes : null;
  const { source, filters, ordered } = idLookup(view, query) ?? bestAccess(view, query);
  const sort = ordered ? null : query.sort;
  const only = source.kind === 'walks' && source.walks.length === 1 ? source.walks[0]! : null;
  const isBare = !sort && filters.length === 0 && skip + limit === 0 && only;
  const decode = query.fields?.size && isBare ? isBare.access.decoderOf(query.fields) : null;
  return {
    source,
    filters,
    fetches: !decode,
    sort,
    skip,
    limit,
    projection: apply && { spec: spec!, apply },
    decode,
  };
}

/** A row for each document that the query finds, in any order, and not fetched where keys decide. */
export function planCount(view: CollectionView | null, query: Query): Plan {
  const plan = planQuery(view, { ...query, sort: new Map() });
  return { ...plan, fetches: plan.filters.length > 0 };
}

interface Access {
  readonly source: Source;
  readonly filters: readonly FilterNode[];
  /** Whether the rows come in the order that the query wants. */
  readonly ordered: boolean;
}

/** The query that is most frequent by far, and needs no choice. */
function idLookup(view: CollectionView, { filter, hint }: Query): Access | null {
  if (filter.kind !== 'field' || filter.path !== '_id' || filter.op !== 'eq') return null;
  if (Array.isArray(filter.value) || hint !== undefined) return null;
  const source = { kind: 'id' as const, index: view.collection.indexes[0]!, value: filter.value };
  return { source, filters: [], ordered: true };
}

/** The best way that the indexes offer, or the whole collection. */
function bestAccess(view: CollectionView, query: Query): Access {
  const natural = naturalDirection(query);
  if (natural) return wholeCollection(query, natural === -1);
  const conjuncts = conjunctsOf(query.filter);
  const sort = parseSort(query.sort);
  const indexes = usableIndexes(view, query.hint, conjuncts);
  const unique = placeInUniqueIndex(indexes, conjuncts);
  if (unique) return walk(candidate(unique, sort));
  const candidates = candidatesOf(indexes, conjuncts, sort);
  const union = unionOfBranches(indexes, query, candidates);
  if (union) return union;
  const [first, ...others] = contenders(candidates);
  if (first) return walk(others.length > 0 ? fastest([first, ...others], view, query.limit) : first);
  const whole = query.hint !== undefined ? indexes[0] : coveringIndex(indexes, conjuncts, query.fields);
  return whole ? walk(candidate(indexAccesses(whole, conjuncts)[0]!, sort)) : wholeCollection(query, false);
}

function wholeCollection({ filter, sort }: Query, reverse: boolean): Access {
  const ordered = sort.size === 0 || sort.has('$natural');
  return { source: { kind: 'collection', reverse }, filters: conjunctsOf(filter), ordered };
}

function walk({ access, order }: Candidate): Access {
  const { reverse, mergeFrom } = order ?? { reverse: false, mergeFrom: 0 };
  const split = mergeFrom > 0 ? access.splitByPoints(mergeFrom) : [];
  // Where the filter leaves no point to split at, the walk finds nothing.
  const parts = split.length > 0 ? split : [access];
  const walks = parts.map((part): Walk => ({ access: part, reverse, filters: [] }));
  return {
    source: { kind: 'walks', walks, mergeFrom },
    filters: access.documentFilters,
    ordered: order !== null,
  };
}

/** An index that has all the fields that are read: walking it is less than reading the collection. */
function coveringIndex(
  indexes: readonly IndexInfo[],
  conjuncts: readonly FilterNode[],
  fields: ReadonlySet<string> | null | undefined,
): IndexInfo | undefined {
  if (!fields?.size) return undefined;
  return indexes.find((index) => {
    const [access] = indexAccesses(index, conjuncts);
    return access!.documentFilters.length === 0 && access!.decoderOf(fields) !== null;
  });
}

/** An `$or` as one walk for each of its branches, where no single walk narrows the search; or null. */
function unionOfBranches(
  indexes: readonly IndexInfo[],
  { filter, sort }: Query,
  candidates: readonly Candidate[],
): Access | null {
  const conjuncts = conjunctsOf(filter);
  const or = conjuncts.find(({ kind }) => kind === 'or');
  if (or?.kind !== 'or') return null;
  if (candidates.some(({ access }) => isEnough(access, conjuncts.length, or.children.length))) return null;
  const others = conjuncts.filter((node) => node !== or);
  const walks: Walk[] = [];
  for (const branch of or.children) {
    const own = candidatesOf(indexes, [...conjunctsOf(branch), ...others], []);
    const [best] = contenders(own.filter(({ access }) => access.bounded > 0));
    if (!best) return null;
    walks.push({ access: best.access, reverse: false, filters: best.access.documentFilters });
  }
  return { source: { kind: 'walks', walks, mergeFrom: 0 }, filters: [], ordered: sort.size === 0 };
}

/** Whether one walk does it: by what else the filter says, or by bounds around all branches that are as few. */
function isEnough(access: IndexAccess, conjuncts: number, branches: number): boolean {
  if (access.bounded === 0) return false;
  if (conjuncts > 1) return true;
  const places = access.components
    .slice(0, access.points)
    .reduce((product, { ranges }) => product * ranges.length, 1);
  return access.documentFilters.length === 0 && places <= branches;
}

/** MongoDB's own number: a walk that has found so many rows in order has won. */
const ROWS_TO_WIN = 101;
/** Turns of ten keys that each contender gets. */
const MAX_TURNS = 200;
const TURN = 10;

/**
 * Walks side by side for a while; answers the one that first ended, first found `limit` rows (0 for all) in the wanted
 * order, or else found most.
 */
function fastest(candidates: readonly Candidate[], view: CollectionView, limit: number): Candidate {
  const racing = candidates.map(({ access, order }) => {
    const execution = { view, clock: new Clock(Infinity, TURN) };
    const run = new PlanRun();
    const keys = walkRows({ access, reverse: order?.reverse ?? false, filters: [] }, 0, execution, run);
    const rows = fetched(keys, { filters: access.documentFilters, fetches: false }, execution, run);
    return { rows, goal: order ? Math.min(limit || Infinity, ROWS_TO_WIN) : Infinity, found: 0 };
  });
  try {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const winner = racing.findIndex((contender) => winsInOneTurn(contender));
      if (winner >= 0) return candidates[winner]!;
    }
    // What still has to be sorted has nothing to show before its end.
    const scores = racing.map(
      ({ found, goal }) => (goal === Infinity ? 0 : 1) + found / Number.MAX_SAFE_INTEGER,
    );
    return candidates[scores.indexOf(Math.max(...scores))]!;
  } finally {
    for (const { rows } of racing) rows.return();
  }
}

function winsInOneTurn(contender: { rows: Rows; goal: number; found: number }): boolean {
  for (;;) {
    const { done, value } = contender.rows.next();
    if (done) return true;
    if (value === null) return false;
    if (++contender.found >= contender.goal) return true;
  }
}
