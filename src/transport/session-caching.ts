import { randomUUID } from 'node:crypto';
import {
  type DocumentNode,
  type FormattedExecutionResult,
  getNamedType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  Kind,
  type SelectionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { PreparedOperation } from './operations/operation-cache';

/** Beside what the client selected, each session is asked for its status under this name, which no payload can hold. */
const mark = `_status_${randomUUID().replaceAll('-', '')}`;

/** Root fields that answer the same forever once the session they lead to has ended. Lists of sessions do not. */
const steadyFields = new Set(['session', 'event', 'node', '__typename']);
const finalStatuses = new Set(['COMPLETED', 'FAILED']);

/** For an hour: what is final does not change, but one day it may be erased. */
const cacheable = 'private, max-age=3600';
/** May be kept, but not used without asking whether it still holds: what is said about a session may change any time. */
const revalidated = 'private, no-cache';
export const notCacheable = 'no-store';

/** What updates of a session change, also after its end. */
const changingFields = new Set(['metadata', 'language', 'endReason']);

/** What may change after all sessions of an answer have ended. */
export interface MarkedDocument {
  readonly document: DocumentNode;
  readonly selectsChanging: boolean;
}

/**
 * The document with a mark in each session it selects, for `settleCaching` to read; null if the answer may change
 * whatever its sessions' statuses are.
 */
export function markSessions(
  schema: GraphQLSchema,
  { document, node }: PreparedOperation,
): MarkedDocument | null {
  const steady = node.selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && steadyFields.has(selection.name.value),
  );
  if (!steady) return null;
  const types = new TypeInfo(schema);
  let selectsChanging = false;
  const marked = visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name }) {
        selectsChanging ||= types.getParentType()?.name === 'Session' && changingFields.has(name.value);
      },
      SelectionSet: {
        leave(node) {
          const marks = marksFor(schema, types);
          return marks.length > 0 ? { ...node, selections: [...node.selections, ...marks] } : undefined;
        },
      },
    }),
  );
  return { document: marked, selectsChanging };
}

function marksFor(schema: GraphQLSchema, types: TypeInfo): SelectionNode[] {
  const type = getNamedType(types.getType());
  const session = schema.getType('Session');
  if (!isCompositeType(type) || !session) return [];
  if (type === session) return [markField];
  return isAbstractType(type) && schema.getPossibleTypes(type).some((possible) => possible === session)
    ? [markIfSession]
    : [];
}

const markField: SelectionNode = {
  kind: Kind.FIELD,
  alias: { kind: Kind.NAME, value: mark },
  name: { kind: Kind.NAME, value: 'status' },
};

const markIfSession: SelectionNode = {
  kind: Kind.INLINE_FRAGMENT,
  typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'Session' } },
  selectionSet: { kind: Kind.SELECTION_SET, selections: [markField] },
};

/**
 * Takes the marks out of a result and returns its Cache-Control: an answer may be kept when it is about sessions and
 * each of them has ended, and used without asking when it holds nothing that may change even then.
 */
export function settleCaching(result: FormattedExecutionResult, { selectsChanging }: MarkedDocument): string {
  const statuses = new Set<unknown>();
  takeMarks(result.data, statuses);
  const complete = !result.errors && Object.values(result.data ?? {}).every((field) => field !== null);
  const ended = statuses.size > 0 && [...statuses].every((status) => finalStatuses.has(String(status)));
  if (!complete || !ended) return notCacheable;
  return selectsChanging ? revalidated : cacheable;
}

function takeMarks(value: unknown, statuses: Set<unknown>): void {
  if (Array.isArray(value)) {
    for (const item of value) takeMarks(item, statuses);
  } else if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>;
    if (mark in fields) statuses.add(fields[mark]);
    delete fields[mark];
    for (const field of Object.values(fields)) takeMarks(field, statuses);
  }
}
