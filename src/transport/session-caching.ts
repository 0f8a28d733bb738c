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

/** The alias under which the status of each session is also selected; random, so that no payload has it. */
const mark = `_status_${randomUUID().replaceAll('-', '')}`;

/** Root fields whose result is final once their session has ended. Lists of sessions never are. */
const steadyFields = new Set(['session', 'event', 'node', '__typename']);
const finalStatuses = new Set(['COMPLETED', 'FAILED']);

/** For an hour only, because final data may be erased some day. */
const cacheable = 'private, max-age=3600';
/** Must be revalidated, because metadata, language and end reason may change. */
const revalidated = 'private, no-cache';
export const notCacheable = 'no-store';

/** The fields that can change after a session has ended. */
const changingFields = new Set(['metadata', 'language', 'endReason']);

/** A document with marks, and whether it selects fields that may change after a session has ended. */
export interface MarkedDocument {
  readonly document: DocumentNode;
  readonly selectsChanging: boolean;
}

/**
 * Adds a mark to each session that the document selects, for `settleCaching` to read. Null if the response is never final,
 * whatever the statuses of its sessions.
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
 * Removes the marks from a result and returns its Cache-Control. A response is cacheable if it has sessions and all of
 * them have ended, and needs no revalidation if it has no field that may change afterwards.
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
