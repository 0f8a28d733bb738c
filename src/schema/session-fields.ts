import { rowSelection } from './page-of-list';
import type { Selection } from './selection';

const known = new WeakMap<Selection, ReadonlySet<string>>();

/**
 * The fields that a session must be read with, for what is selected of it. What its own events ask of it is among
 * them, so that they need not ask again.
 */
export function sessionFields(selection: Selection): ReadonlySet<string> {
  let fields = known.get(selection);
  if (fields === undefined) known.set(selection, (fields = readFields(selection)));
  return fields;
}

function readFields(selection: Selection): ReadonlySet<string> {
  const fields = new Set(selection);
  const events = selection.below('events');
  // Without a filter, the number of a session's events is one of its fields.
  if (events.has('totalCount')) fields.add('eventCount');
  const ofEvents = rowSelection(events);
  if (ofEvents.has('session'))
    for (const field of sessionFields(ofEvents.below('session'))) fields.add(field);
  return fields;
}
