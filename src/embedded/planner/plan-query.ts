import { isDocument } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { MongoError } from '../language/errors';
import { FilterNode } from '../language/filter-node';
import { directionOf, parseSort } from '../language/index-key';
import { compileProjection } from '../language/projection';
import { StoredIndex } from '../storage/catalog';
import { CollectionView } from '../storage/view';
import { Candidate, candidatesOf, contenders } from './candidates';
import { Clock } from './execution';
import { Plan, PlanRun, Rows, rowsOf, Walk } from './plan';
import { conjunctsOf, Query } from './query';

const nothing: Plan = {
  walks: [],
  isMerged: false,
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
  const { projection: spec, fields } = query;
  const projection = spec?.size ? compileProjection(spec).applyToBytes : null;
  const plan = bestPlan(view, query);
  const { walks, sort, skip, limit } = plan;
  const isBare = !sort && skip + limit === 0 && walks.length === 1 && walks[0]!.filters.length === 0;
  const decode = (isBare && fields?.size && walks[0]!.access?.decoderOf(fields)) || null;
  return { ...plan, fetches: !decode, projection, decode };
}

/** A row for each document that the query finds, in any order, and not fetched where keys decide. */
export function planCount(view: CollectionView | null, query: Query): Plan {
  return { ...planQuery(view, { ...query, sort: new Map() }), fetches: false };
}

/** The best way that the indexes offer, or the whole collection. */
function bestPlan(view: CollectionView, query: Query): Plan {
  const { filter, hint, limit, skip } = query;
  const conjuncts = conjunctsOf(filter);
  const unordered = { ...nothing, skip, limit };
  const whole = (reverse: boolean): Walk[] => [
    { access: null, places: [], fixed: 0, reverse, filters: conjuncts },
  ];
  // `{ $natural: 1 | -1 }` asks for a scan.
  const natural = query.sort.get('$natural') ?? (isDocument(hint) ? hint.get('$natural') : undefined);
  const sort = natural !== undefined && query.sort.has('$natural') ? [] : parseSort(query.sort);
  const toSort = sort.length > 0 ? query.sort : null;
  if (natural !== undefined) {
    return { ...unordered, walks: whole(directionOf(natural) === -1), sort: toSort };
  }
  const isHinted = ({ name, key }: StoredIndex) =>
    hint === undefined || hint === name || (isDocument(hint) && compareValues(hint, key) === 0);
  const indexes = view.collection.indexes.filter(isHinted);
  const candidates = candidatesOf(indexes, conjuncts, sort);
  if (hint !== undefined && candidates.length === 0) {
    throw new MongoError(
      2,
      'hint provided does not correspond to an existing index that can answer the query',
    );
  }
  const union = unionOfBranches(indexes, conjuncts, candidates);
  if (union) return { ...unordered, walks: union, sort: toSort };
  const best = contenders(candidates, sort.length > 0);
  const plans = (best.length === 0 && hint !== undefined ? candidates : best).map((candidate): Plan => ({
    ...unordered,
    ...walksOf(candidate),
    sort: candidate.order ? null : toSort,
  }));
  if (plans.length > 1) return fastest(plans, view);
  return plans[0] ?? { ...unordered, walks: whole(false), sort: toSort };
}

function walksOf({ access, order }: Candidate): Pick<Plan, 'walks' | 'isMerged'> {
  const { reverse, mergeFrom } = order ?? { reverse: false, mergeFrom: 0 };
  const filters = access.documentFilters;
  const places = access.places();
  const heads = access.places(mergeFrom);
  const size = places.length / heads.length;
  const walks = heads.map(({ low }, i) => {
    const own = places.slice(i * size, (i + 1) * size);
    return { access, places: reverse ? own.reverse() : own, fixed: low.length, reverse, filters };
  });
  return { walks, isMerged: mergeFrom > 0 };
}

/** An `$or` as one walk for each of its branches, where nothing else is asked or no single walk narrows the search. */
function unionOfBranches(
  indexes: readonly StoredIndex[],
  conjuncts: readonly FilterNode[],
  candidates: readonly Candidate[],
): Walk[] | null {
  const or = conjuncts.find(({ kind }) => kind === 'or');
  if (or?.kind !== 'or') return null;
  if (conjuncts.length > 1 && candidates.some(({ access }) => access.bounds.length > 0)) return null;
  const others = conjuncts.filter((node) => node !== or);
  const walks: Walk[] = [];
  for (const branch of or.children) {
    const [best] = contenders(candidatesOf(indexes, [...conjunctsOf(branch), ...others], []), false);
    if (!best) return null;
    walks.push(...walksOf(best).walks);
  }
  return walks;
}

/** MongoDB's own number: a plan that has found so many rows has won. */
const ROWS_TO_WIN = 101;
/** Turns of ten keys that each plan gets. */
const MAX_TURNS = 200;
const TURN = 10;

/** Runs plans side by side for a while; answers the one that first ended or found enough, or else found most. */
function fastest(plans: readonly Plan[], view: CollectionView): Plan {
  const trials = plans.map((plan) => {
    // What still has to be sorted has nothing to show before its end.
    const limit = plan.sort ? 0 : Math.min(plan.limit || ROWS_TO_WIN, ROWS_TO_WIN);
    const run = new PlanRun();
    const execution = { view, clock: new Clock(Infinity, TURN) };
    return { plan, run, rows: rowsOf({ ...plan, sort: null, limit }, execution, run) };
  });
  try {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const winner = trials.find(({ rows }) => endsInOneTurn(rows));
      if (winner) return winner.plan;
    }
    const foundIn = ({ plan, run }: (typeof trials)[number]) => (plan.sort ? -1 : run.returned);
    return trials.reduce((best, each) => (foundIn(each) > foundIn(best) ? each : best)).plan;
  } finally {
    for (const { rows } of trials) rows.return();
  }
}

function endsInOneTurn(rows: Rows): boolean {
  for (;;) {
    const { done, value } = rows.next();
    if (done) return true;
    if (value === null) return false;
  }
}
