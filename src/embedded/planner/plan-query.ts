import { CollectionView } from '../storage/view';
import { bestAccess, fetched } from './access';
import { Query } from './query';
import { CollectionScan } from './stages/collection-scan';
import { IdLookup } from './stages/id-lookup';
import { Limit } from './stages/limit';
import { Nothing } from './stages/nothing';
import { Project } from './stages/project';
import { Skip } from './stages/skip';
import { Sort } from './stages/sort';
import { Stage } from './stages/stage';

/** How to answer the query; nothing of the plan has run yet. `view` is null where there is no such collection. */
export function planQuery(view: CollectionView | null, query: Query): Stage {
  if (!view) return new Nothing();
  const documents = idLookup(view, query) ?? documentsInOrder(view, query);
  const projected = query.projection?.size ? new Project(documents, query.projection, query) : documents;
  return query.limit > 0 && !isLimited(documents) ? new Limit(projected, query.limit) : projected;
}

/** A sort keeps no more than the limit already. */
function isLimited(stage: Stage): boolean {
  return stage instanceof Sort || (stage instanceof Skip && stage.inputs[0] instanceof Sort);
}

/** The query that is most frequent by far, and needs no choice. */
function idLookup(view: CollectionView, { filter, hint, skip }: Query): Stage | null {
  if (filter.kind !== 'field' || filter.path !== '_id' || filter.op !== 'eq') return null;
  if (Array.isArray(filter.value) || hint !== undefined || skip > 0) return null;
  return new IdLookup(view.collection.indexes[0]!, filter.value);
}

function documentsInOrder(view: CollectionView, query: Query): Stage {
  const access = bestAccess(view, query);
  const { skip, limit, sort } = query;
  if (!access.ordered) {
    const sorted = new Sort(fetched(access), sort, limit > 0 ? limit + skip : 0);
    return skip > 0 ? new Skip(sorted, skip) : sorted;
  }
  if (skip === 0) return fetched(access);
  // What is skipped need not be fetched, unless a document has a say in whether it counts.
  if (access.filters.length > 0 || access.source instanceof CollectionScan)
    return new Skip(fetched(access), skip);
  return fetched({ ...access, source: new Skip(access.source, skip) });
}
