import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { MongoError } from '../language/errors';
import { FilterNode } from '../language/filter';
import { directionOf } from '../language/index-key';
import { CollectionView, IndexInfo } from '../storage/view';
import { hasAllMatches } from './partial-index';
import { Query } from './query';

/**
 * The indexes that a query may use.
 * @throws MongoError BadValue for a hint that names none
 */
export function hintedIndexes(
  view: CollectionView,
  hint: BsonValue | undefined,
  conjuncts: readonly FilterNode[],
): readonly IndexInfo[] {
  const indexes = view.collection.indexes.filter(
    (index) => !index.specOnly && hasAllMatches(index, conjuncts),
  );
  if (hint === undefined) return indexes;
  const hinted = indexes.find(
    ({ name, key }) => hint === name || (isDocument(hint) && samePattern(hint, key)),
  );
  if (hinted) return [hinted];
  throw new MongoError(
    2,
    'error processing query: planner returned error :: caused by :: ' +
      'hint provided does not correspond to an existing index',
  );
}

/** Which way `$natural`, in the hint or the sort, wants the collection scanned; null where it does not. */
export function naturalDirection({ hint, sort }: Query): 1 | -1 | null {
  const natural = sort.get('$natural') ?? (isDocument(hint) ? hint.get('$natural') : undefined);
  return natural === undefined ? null : directionOf(natural);
}

function samePattern(a: BsonDocument, b: BsonDocument): boolean {
  return compareValues(a, b) === 0;
}
