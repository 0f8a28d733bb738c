import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Caller, Scope } from './caller';
import { missingScope } from './refusals';

/**
 * The scope that each field of Query, Mutation and Subscription needs; a test walks the schema and fails if one is missing.
 * `Session.events` is here too: a mutation returns its session, and a caller who may only write must not read others'
 * events through it.
 */
export const fieldScopes: Readonly<Record<string, Readonly<Record<string, Scope>>>> = {
  Query: {
    session: 'sessions:read',
    sessions: 'sessions:read',
    event: 'sessions:read',
    node: 'sessions:read',
    nodes: 'sessions:read',
    sessionStatistics: 'sessions:read',
    // Introspection needs the right to read.
    __schema: 'sessions:read',
    __type: 'sessions:read',
  },
  Mutation: {
    createSession: 'sessions:write',
    addEvent: 'sessions:write',
    addEvents: 'sessions:write',
    completeSession: 'sessions:write',
    updateSession: 'sessions:write',
  },
  Subscription: {
    eventAdded: 'sessions:read',
    sessionChanged: 'sessions:read',
  },
  Session: {
    events: 'sessions:read',
  },
};

/** A scope that an operation needs, and the first field that needs it. */
export interface NeededScope {
  readonly scope: Scope;
  /** `Query.session` */
  readonly field: string;
}

/**
 * The scopes that an operation needs for all its fields, through fragments and aliases, even those that @skip might leave
 * out. Computed once for a document.
 * @throws Error if a root field has no rule
 */
export function neededScopes(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): NeededScope[] {
  const needed = new Map<Scope, string>();
  const root = schema.getRootType(operation.operation);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const seen = new Set<string>();

  function walk(set: SelectionSetNode, parent: GraphQLNamedType | null | undefined): void {
    for (const selection of set.selections) {
      switch (selection.kind) {
        case Kind.FIELD:
          walkField(selection.name.value, selection.selectionSet, parent);
          break;
        case Kind.INLINE_FRAGMENT:
          walk(selection.selectionSet, typeNamed(selection.typeCondition?.name.value) ?? parent);
          break;
        case Kind.FRAGMENT_SPREAD:
          walkFragment(selection.name.value);
          break;
      }
    }
  }

  function walkField(
    name: string,
    inner: SelectionSetNode | undefined,
    parent: GraphQLNamedType | null | undefined,
  ) {
    if (!parent || name === '__typename') return;
    const scope = fieldScopes[parent.name]?.[name];
    if (scope !== undefined) {
      if (!needed.has(scope)) needed.set(scope, `${parent.name}.${name}`);
    } else if (parent === root) {
      throw new Error(`no scope is set for ${parent.name}.${name}`);
    }
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (inner && field) walk(inner, getNamedType(field.type));
  }

  /** The scopes of a fragment are those of its type, wherever it is spread. */
  function walkFragment(name: string): void {
    const fragment = fragments.get(name);
    if (!fragment || seen.has(name)) return;
    seen.add(name);
    walk(fragment.selectionSet, typeNamed(fragment.typeCondition.name.value));
  }

  function typeNamed(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : schema.getType(name);
  }

  walk(operation.selectionSet, root);
  return [...needed].map(([scope, field]) => ({ scope, field }));
}

/** @throws FORBIDDEN that names the first scope that the caller lacks */
export function checkScopes(needed: readonly NeededScope[], caller: Caller): void {
  for (const { scope, field } of needed) {
    if (!caller.scopes.has(scope)) throw missingScope(scope, field, caller.name);
  }
}
