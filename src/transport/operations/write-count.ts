import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { listSizeOf } from './argument-sizes';
import type { Cost } from './query-cost';

/**
 * Computes how much a valid operation could write: one event or session for each field, or as many as a list argument
 * contains.
 */
export function readWrites(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  const root = schema.getRootType(operation.operation);
  if (!root || operation.operation !== OperationTypeNode.MUTATION) return () => 0;
  const fields = root.getFields();
  const counts = rootFields(document, operation.selectionSet)
    .filter((node) => node.name.value in fields)
    .map((node) => listSizeOf(fields[node.name.value]!, node, operation));
  return (variables) => counts.reduce((total, count) => total + count(variables), 0);
}

/** A fragment that is spread twice selects the same fields, which run once. */
function rootFields(document: DocumentNode, set: SelectionSetNode, seen = new Set<string>()): FieldNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(document, selection.selectionSet, seen);
    const name = selection.name.value;
    if (seen.has(name)) return [];
    seen.add(name);
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    );
    return fragment && 'selectionSet' in fragment ? rootFields(document, fragment.selectionSet, seen) : [];
  });
}
