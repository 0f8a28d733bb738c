import { bson, isDocument } from '../language/bson-value';
import { check } from '../language/errors';
import { FilterNode } from '../language/filter';
import { KeyField, parseSort } from '../language/index-key';
import { compareValues } from '../language/key-component';
import { compileProjection } from '../language/projection';
import { StoredIndex } from '../storage/catalog';
import { CollectionView } from '../storage/view';
import { Access, anyOrder, candidatesOf, contenders, Walk, walksOf } from './access';
import { conjunctsOf } from './bounds';
import { Clock, Run } from './execution';
import { decoderOf, Plan, Query, rowsOf } from './plan';

/**
 * How to answer the query; nothing has run yet. `view` is null where there is no such collection.
 * @throws MongoError for an order, a projection or a hint that is none
 */
export function planQuery(view: CollectionView | null, query: Query): Plan {
  const { projection, sort, skip, limit, fields } = query;
  const order = parseSort(sort);
  const { walks, isOrdered } = view ? bestWalks(view, query, order) : { walks: [], isOrdered: true };
  const only = walks.length === 1 ? walks[0]!.access : null;
  const isBare = isOrdered && skip + limit === 0 && only?.filters.length === 0;
  const decode =
    (isBare && fields?.size && only.index && !only.index.multikey && decoderOf(only.index, fields)) || null;
  const project = projection?.size ? compileProjection(projection).applyToBytes : null;
  // Named, not spread: that takes as long as the rest of a plan.
  return { query, walks, isOrdered, fetches: !decode && fields?.size !== 0, project, decode };
}

/** A row for each document that the query finds, in any order, and not fetched where keys decide. */
export function planCount(view: CollectionView | null, query: Query): Plan {
  return planQuery(view, { ...query, sort: new Map(), fields: new Set() });
}

const NATURAL = bson({ $natural: 1 });

/** The best that the indexes offer, or the whole collection. */
function bestWalks(view: CollectionView, query: Query, order: readonly KeyField[]) {
  const { filter, hint } = query;
  const filters = conjunctsOf(filter);
  const isOrdered = order.length === 0;
  const none = { bounds: [], points: 0, choice: -1, keyFilters: [] };
  const whole: Access = { index: null, ...none, filters, order: isOrdered ? anyOrder : null };
  if (isDocument(hint) && compareValues(hint, NATURAL) === 0) return { walks: walksOf(whole), isOrdered };
  const isHinted = ({ name, key }: StoredIndex) =>
    hint === name || (isDocument(hint) && compareValues(hint, key) === 0);
  const all = view.collection.indexes;
  const indexes = hint === undefined ? all : all.filter(isHinted);
  const candidates = candidatesOf(indexes, filters, order);
  const isUseful = hint === undefined || candidates.length > 0;
  check(isUseful, 2, 'hint provided does not correspond to an existing index that can answer the query');
  const union = unionOfBranches(indexes, filters, candidates);
  if (union) return { walks: union, isOrdered };
  const first = fastest(contenders(candidates, !isOrdered), view, query);
  const best = first ?? (hint === undefined ? whole : candidates[0]!);
  return { walks: walksOf(best), isOrdered: best.order !== null };
}

/** An `$or` as one walk for each of its branches, where nothing else is asked or no single walk narrows the search. */
function unionOfBranches(
  indexes: readonly StoredIndex[],
  conjuncts: readonly FilterNode[],
  candidates: readonly Access[],
): Walk[] | null {
  const or = conjuncts.find(({ kind }) => kind === 'or');
  if (or?.kind !== 'or') return null;
  if (conjuncts.length > 1 && candidates.some(({ bounds }) => bounds.length > 0)) return null;
  const others = conjuncts.filter((node) => node !== or);
  const walks: Walk[] = [];
  for (const branch of or.children) {
    const [best] = contenders(candidatesOf(indexes, [...conjunctsOf(branch), ...others], []), false);
    if (!best) return null;
    walks.push(...walksOf(best));
  }
  return walks;
}

/** MongoDB's own number: a plan that has found so many rows has won. */
const ROWS_TO_WIN = 101;
/** Turns of ten keys that each plan gets. */
const MAX_TURNS = 200;
const TURN = 10;

/** Runs them side by side for a while; answers the one that first ended or found enough, or else found most. */
function fastest(accesses: readonly Access[], view: CollectionView, query: Query): Access | undefined {
  if (accesses.length < 2) return accesses[0];
  const trials = accesses.map((access) => {
    // What still has to be sorted has nothing to show before its end.
    const limit = access.order ? Math.min(query.limit || ROWS_TO_WIN, ROWS_TO_WIN) : 0;
    const plan = { walks: walksOf(access), isOrdered: true, fetches: false, project: null, decode: null };
    const run = new Run(view, new Clock(Infinity, TURN));
    return { access, run, rows: rowsOf({ ...plan, query: { ...query, limit } }, run) };
  });
  try {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      for (const { access, rows } of trials) {
        let next = rows.next();
        while (next.value) next = rows.next();
        if (next.done) return access;
      }
    }
    const foundIn = ({ access, run }: (typeof trials)[number]) => (access.order ? run.returned : -1);
    return trials.reduce((best, each) => (foundIn(each) > foundIn(best) ? each : best)).access;
  } finally {
    for (const { rows } of trials) rows.return();
  }
}
