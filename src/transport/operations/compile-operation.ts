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

/** Answers one event of a subscription that has been compiled to one function. Its variables are known to fit. */
export type RunForEvent = (
  event: object,
  context: object,
  variables: Readonly<Record<string, unknown>>,
) => Promise<ExecutionResult> | ExecutionResult;

/**
 * Compiles a query or mutation, or returns null if only plain execution does exactly what the specification asks for.
 * `document` must have passed validation and must not be used for anything else: the compiler writes into it.
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

/** Compiles what a subscription selects of each of its events; null, and the document, are as for other operations. */
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
    // Without it, a fragment used twice under different conditions is included under either.
    useExperimentalPathBasedSkipInclude: true,
    // The stack of an error that a resolver threw is kept; the place in the compiled function tells nothing.
    disablingCapturingStackErrors: true,
  });
  return isCompiledQuery(compiled) ? compiled : null;
}

function isCompilable(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): boolean {
  // Mutations run one after the other, and a failed one keeps those after it from running; compiled ones run them all.
  if (operation.operation === OperationTypeNode.MUTATION && !hasOneField(operation)) return false;
  const variables = operation.variableDefinitions ?? [];
  // The compiled function keeps the variables in an ordinary object, where assigning to `__proto__` sets no key.
  if (variables.some(({ variable }) => variable.name.value === '__proto__')) return false;
  if (selectsLateType(schema, document)) return false;
  // The compiler follows an input that contains itself forever.
  if (variables.some(({ type }) => containsItself(typeFromAST(schema, type as NamedTypeNode)))) return false;
  return hasPlainLiterals(schema, document, variables);
}

function hasOneField({ selectionSet: { selections } }: OperationDefinitionNode): boolean {
  return selections.length === 1 && selections[0]?.kind === Kind.FIELD;
}

/** Whether it selects an interface or union whose types are found by a promise, for which a compiled one does not wait. */
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
