import {
  type DocumentNode,
  type ExecutionResult,
  getNamedType,
  type GraphQLSchema,
  type GraphQLType,
  isAbstractType,
  isInputObjectType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { hasPlainLiterals } from './plain-literals';
import type { RunOperation } from './run-operation';

/** Executes a compiled subscription for one event. The variables are already checked. */
export type RunForEvent = (
  event: object,
  context: object,
  variables: Readonly<Record<string, unknown>>,
) => Promise<ExecutionResult> | ExecutionResult;

/**
 * Compiles a query or mutation; null if only plain execution conforms to the specification. `document` must be valid and
 * not used for anything else, because the compiler modifies it.
 */
export function compileOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RunOperation | null {
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) return null;
  const compiled = compile(schema, document, operation);
  return compiled && ((context, variables) => compiled.query({}, context, variables));
}

/** Compiles the selection of a subscription for each event; null and `document` as for {@link compileOperation}. */
export function compileForEvents(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RunForEvent | null {
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return null;
  const compiled = compile(schema, document, operation);
  return compiled && ((event, context, variables) => compiled.query(event, context, variables));
}

function compile(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
  if (!isCompilable(schema, document, operation)) return null;
  const compiled = compileQuery(schema, document, operation.name?.value, {
    // Otherwise a fragment spread twice under different conditions is included under either.
    useExperimentalPathBasedSkipInclude: true,
    // Keeps the stack of an error that a resolver threw; the place in the compiled function is useless.
    disablingCapturingStackErrors: true,
  });
  return isCompiledQuery(compiled) ? compiled : null;
}

function isCompilable(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): boolean {
  // A failed mutation must keep the later ones from running, but compiled operations run them all.
  if (operation.operation === OperationTypeNode.MUTATION && !hasOneField(operation)) return false;
  const variables = operation.variableDefinitions ?? [];
  // The compiled function copies variables to an ordinary object, where assigning `__proto__` sets no key.
  if (variables.some(({ variable }) => variable.name.value === '__proto__')) return false;
  if (selectsLateType(schema, document)) return false;
  // The compiler would follow a recursive input forever.
  if (variables.some(({ type }) => containsItself(typeFromAST(schema, type as NamedTypeNode)))) return false;
  return hasPlainLiterals(schema, document, variables);
}

function hasOneField({ selectionSet: { selections } }: OperationDefinitionNode): boolean {
  return selections.length === 1 && selections[0]?.kind === Kind.FIELD;
}

/** Whether it selects an interface or union with an asynchronous resolveType, which compiled operations do not await. */
function selectsLateType(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let late = false;
  const check = (): void => {
    const type = getNamedType(types.getType());
    late ||= isAbstractType(type) && type.resolveType?.constructor.name === 'AsyncFunction';
  };
  visit(document, visitWithTypeInfo(types, { Field: check }));
  return late;
}

function containsItself(type: GraphQLType | undefined, around: readonly GraphQLType[] = []): boolean {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return false;
  const inside = [...around, named];
  return (
    around.includes(named) ||
    Object.values(named.getFields()).some((field) => containsItself(field.type, inside))
  );
}
