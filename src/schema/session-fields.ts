import type { Fields } from '../store/projection';
import type { Selection } from './selection';

/** The fields that a session must be read with, for what is selected of it. */
export function sessionFields(selection: Selection): Fields {
  // Without a filter, the number of a session's events is one of its fields.
  return selection.below('events').has('totalCount') ? [...selection, 'eventCount'] : selection;
}
