import { rowSelection } from './page-of-list';
import type { Selection } from './selection';

const known = new WeakMap<Selection, ReadonlySet<string>>();

/**
 * The fields of a session to read for a selection. They include those that its events select of their session, so that
 * it is not read again.
 */
export function sessionFields(selection: Selection): ReadonlySet<string> {
  let fields = known.get(selection);
  if (fields === undefined) known.set(selection, (fields = readFields(selection)));
  return fields;
}

function readFields(selection: Selection): ReadonlySet<string> {
  const fields = new Set(selection);
  const events = selection.below('events');
  // Without a filter, totalCount is the session's eventCount.
  if (events.has('totalCount')) fields.add('eventCount');
  const ofEvents = rowSelection(events);
  if (ofEvents.has('session'))
    for (const field of sessionFields(ofEvents.below('session'))) fields.add(field);
  return fields;
}
