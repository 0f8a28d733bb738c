import { BsonDocument, BsonValue } from '../language/bson-value';
import { FilterNode } from '../language/filter';
import { CollectionView, StoredDocument } from '../storage/view';
import { Clock } from './execution';
import { planQuery } from './plan-query';

/** What an update, delete or findAndModify is looking for. */
export interface RecordQuery {
  readonly filter: FilterNode;
  readonly sort?: BsonDocument;
  /** 0 or none for all. */
  readonly limit?: number;
  readonly hint?: BsonValue;
}

/**
 * The documents that match, each once, in the wanted order. Read them all before changing any: the walk reads on while
 * it is consumed.
 * @throws MongoError BadValue for a hint that names no index, MaxTimeMSExpired beyond `deadline` (`performance.now()`)
 */
export function* matchingRecords(
  view: CollectionView,
  { filter, sort = new Map(), limit = 0, hint }: RecordQuery,
  deadline = Infinity,
): Generator<StoredDocument> {
  const plan = planQuery(view, { filter, sort, limit, skip: 0, hint });
  for (const row of plan.rows({ view, clock: new Clock(deadline) })) {
    if (row) yield { recordId: row.recordId, bytes: row.bytes! };
  }
}
