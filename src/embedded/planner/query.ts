import { BsonDocument, BsonValue } from '../language/bson-value';
import { FilterNode } from '../language/filter';

/** What a command asks of one collection. */
export interface Query {
  readonly filter: FilterNode;
  /** Empty for none. */
  readonly sort: BsonDocument;
  /** Rows passed over; 0 for none. */
  readonly skip: number;
  /** Rows at most; 0 for all. */
  readonly limit: number;
  /** An index by its name or key pattern, or `{ $natural: 1 | -1 }`. */
  readonly hint?: BsonValue;
  readonly projection?: BsonDocument;
  /** The top-level fields that are read of the rows; null or none for all. An index that has all of them will do. */
  readonly fields?: ReadonlySet<string> | null;
}

/** The conditions of a filter that must all hold. */
export function conjunctsOf(filter: FilterNode): readonly FilterNode[] {
  return filter.kind === 'and' ? filter.children : [filter];
}
