import {
  type DocumentNode,
  getNamedType,
  type GraphQLInputType,
  type GraphQLSchema,
  type GraphQLType,
  isAbstractType,
  isInputObjectType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeInfo,
  typeFromAST,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { RunOperation } from './run-operation';

/**
 * Compiles an operation, or returns null where only plain execution does exactly what the specification asks for.
 * `document` must have passed validation and must not be used for anything else: the compiler writes into it.
 */
export function compileOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RunOperation | null {
  if (!isCompilable(schema, document, operation)) return null;
  const compiled = compileQuery(schema, document, operation.name?.value, {
    // Without it, a fragment used twice under different conditions is included under either.
    useExperimentalPathBasedSkipInclude: true,
    // The stack of an error that a resolver threw is kept; the place in the compiled function tells nothing.
    disablingCapturingStackErrors: true,
  });
  if (!isCompiledQuery(compiled)) return null;
  return (context, variables) => compiled.query({}, context, variables);
}

function isCompilable(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): boolean {
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) return false;
  // Mutations run one after the other, and a failed one keeps those after it from running; compiled ones run them all.
  if (operation.operation === OperationTypeNode.MUTATION && !hasOneField(operation)) return false;
  const variables = operation.variableDefinitions ?? [];
  // The compiled function keeps the variables in an ordinary object, where assigning to `__proto__` sets no key.
  if (variables.some(({ variable }) => variable.name.value === '__proto__')) return false;
  if (selectsLateType(schema, document)) return false;
  // The compiler follows an input that contains itself for ever.
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

/**
 * Whether the objects and lists written in the document are ones that the compiler takes as they are meant. It writes
 * them into the function as JavaScript, where `__proto__` is not a key like any other; it does not look for variables
 * in the literal of a custom scalar; and a variable without a value in an object or list becomes null, not absent.
 */
function hasPlainLiterals(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: readonly VariableDefinitionNode[],
): boolean {
  const alwaysGiven = new Set(
    variables
      .filter(({ type, defaultValue }) => type.kind === Kind.NON_NULL_TYPE || defaultValue !== undefined)
      .map(({ variable }) => variable.name.value),
  );
  const types = new TypeInfo(schema);
  let plain = true;
  /** How many objects and lists there are around, and how many of them belong to a custom scalar. */
  let around = 0;
  let aroundCustom = 0;
  const enter = (): void => {
    around += 1;
    if (aroundCustom > 0 || isCustomScalar(types.getInputType())) aroundCustom += 1;
  };
  const leave = (): void => {
    around -= 1;
    if (aroundCustom > 0) aroundCustom -= 1;
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      ObjectValue: { enter, leave },
      ListValue: { enter, leave },
      ObjectField: ({ name }) => void (plain &&= name.value !== '__proto__'),
      Variable: ({ name }) =>
        void (plain &&= around === 0 || (aroundCustom === 0 && alwaysGiven.has(name.value))),
    }),
  );
  return plain;
}

function isCustomScalar(type: GraphQLInputType | null | undefined): boolean {
  const named = getNamedType(type);
  return isScalarType(named) && !isSpecifiedScalarType(named);
}
