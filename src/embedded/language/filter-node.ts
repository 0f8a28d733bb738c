import { BSONRegExp } from 'bson';
import { BsonTypeName, BsonValue } from './bson-value';

/** What is asked of one field. A negation (`$ne`, `$nin`, `$not`) is a `not` around what it negates. */
export type FieldTest =
  | { op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte'; value: BsonValue }
  /** A BSONRegExp in the list is a pattern. */
  | { op: 'in'; value: BsonValue[] }
  | { op: 'exists'; value: true }
  | { op: 'regex'; value: BSONRegExp }
  | { op: 'type'; value: readonly BsonTypeName[] }
  | { op: 'size'; value: number }
  /** `on` says whether the elements are matched as documents or, by nodes with the path `ELEMENT`, as values. */
  | { op: 'elemMatch'; value: FilterNode; on: 'documents' | 'values' }
  | { op: 'not'; value: FilterNode };

/** The path of what is asked of an array element itself: no name, for none holds a zero. */
export const ELEMENT = '\0';

export type FieldNode = { kind: 'field'; path: string } & FieldTest;

/** A filter, parsed. `and` without children matches everything, `or` without children nothing. */
export type FilterNode =
  | { kind: 'and' | 'or' | 'nor'; children: FilterNode[] }
  | FieldNode
  | { kind: 'expr'; expression: BsonValue };
