import { CollectionView } from '../storage/view';
import { bestAccess, fetched } from './access';
import { conjunctsOf, Query } from './query';
import { Count } from './stages/count';
import { CountScan, isOneStretch } from './stages/count-scan';
import { IndexScan } from './stages/index-scan';
import { Limit } from './stages/limit';
import { Nothing } from './stages/nothing';
import { Skip } from './stages/skip';
import { Stage } from './stages/stage';
import { StoredCount } from './stages/stored-count';

/** How to count what the query finds, out of keys alone where they decide; its `counted` is the answer. */
export function planCount(view: CollectionView | null, query: Query): Count | StoredCount {
  const { skip, limit } = query;
  if (!view) return new Count(new Nothing(), skip, limit);
  if (conjunctsOf(query.filter).length === 0 && query.hint === undefined) return new StoredCount(skip, limit);
  return new Count(keysOf(view, query), skip, limit);
}

/** A row for each document that the query finds, in any order, and not fetched where keys decide. */
export function planKeys(view: CollectionView | null, query: Query): Stage {
  if (!view) return new Nothing();
  const keys = keysOf(view, query);
  const rest = query.skip > 0 ? new Skip(keys, query.skip) : keys;
  return query.limit > 0 ? new Limit(rest, query.limit) : rest;
}

function keysOf(view: CollectionView, query: Query): Stage {
  const access = bestAccess(view, { ...query, sort: new Map(), limit: 0, skip: 0 });
  if (access.filters.length > 0) return fetched(access);
  const { source } = access;
  return source instanceof IndexScan && isOneStretch(source.access) ? new CountScan(source.access) : source;
}
