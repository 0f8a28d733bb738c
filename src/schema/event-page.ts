import {
  type FieldNode,
  getArgumentValues,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { type CursorCodec, eventCursors } from '../service/cursor';
import { checkEventFilter } from '../service/filter-rules';
import { checkPage } from '../service/page';
import type { EventPageRequest, EventPlace } from '../store/event-queries';
import { eventOrderOf } from './event-filter.input';
import type { EventPageArgs } from './page.args';
import { needsRows, rowSelection } from './page-of-list';
import type { Selection } from './selection';

/**
 * The page that the arguments of a session's `events` ask for, and the cursors of its list.
 * @throws BAD_USER_INPUT
 */
export function readEventPage(
  sessionId: string,
  { filter, orderBy, ...page }: EventPageArgs,
): EventPageRequest & { readonly cursors: CursorCodec<EventPlace, EventPlace> } {
  const order = eventOrderOf(orderBy);
  const cursors = eventCursors(sessionId, order);
  return { order, cursors, place: checkPage(page, cursors), selection: checkEventFilter(filter) };
}

/** A page of events that is going to be asked for below the session that is being resolved. */
export interface AwaitedEvents {
  readonly page: EventPageRequest;
  readonly fields: Selection;
}

/**
 * The page of events that is going to be asked for, if it is the operation's only one and it is sure to be; null
 * otherwise, also where its arguments break a rule: saying so is left to the field.
 */
export function awaitedEvents(
  sessionId: string,
  selection: Selection,
  info: GraphQLResolveInfo,
): AwaitedEvents | null {
  const connection = selection.below('events');
  // Sessions that are looked up side by side are one command by themselves.
  if (!needsRows(connection) || info.operation.selectionSet.selections.length > 1) return null;
  const node = onlyEventsField(info.fieldNodes);
  if (node === null) return null;
  try {
    const { events } = (info.schema.getType('Session') as GraphQLObjectType).getFields();
    const args = getArgumentValues(events!, node, info.variableValues) as unknown as EventPageArgs;
    return { page: readEventPage(sessionId, args), fields: rowSelection(connection) };
  } catch {
    return null;
  }
}

const known = new WeakMap<FieldNode, FieldNode | null>();

/** The field `events` of a selection without fragments and conditions on the way to it; null if there is no such one. */
function onlyEventsField([node, ...others]: readonly FieldNode[]): FieldNode | null {
  if (others.length > 0) return null;
  let found = known.get(node!);
  if (found === undefined) known.set(node!, (found = findEventsField(node!.selectionSet!)));
  return found;
}

function findEventsField({ selections }: SelectionSetNode): FieldNode | null {
  if (selections.some(({ kind }) => kind !== Kind.FIELD)) return null;
  const fields = (selections as readonly FieldNode[]).filter(({ name }) => name.value === 'events');
  return fields.length === 1 && !fields[0]!.directives?.length ? fields[0]! : null;
}
