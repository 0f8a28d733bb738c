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
 * Reads the arguments of `Session.events`: the page to read and the codec of its cursors.
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

/** The page of events that the operation selects below the session that is being resolved. */
export interface AwaitedEvents {
  readonly page: EventPageRequest;
  readonly fields: Selection;
}

/**
 * The page of events below this session, to be read together with it. Null if the operation may read none or several,
 * or if its arguments are invalid: the field itself reports that.
 */
export function awaitedEvents(
  sessionId: string,
  selection: Selection,
  info: GraphQLResolveInfo,
): AwaitedEvents | null {
  const connection = selection.below('events');
  // Sessions of several root fields are read by one command already.
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

/** The only field `events`, if no fragment or directive is in the way; otherwise null. */
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
