import {
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';

/**
 * Runs an operation that has been compiled to one function.
 * Resolves to null where the variables do not fit: nothing was executed, and plain execution has the exact words.
 */
export type RunCompiled = (
  context: object,
  variables: Readonly<Record<string, unknown>> | undefined,
) => Promise<ExecutionResult | null>;

/**
 * Compiles an operation, or returns null where only plain execution does exactly what the specification asks for.
 * `document` must have passed validation and must not be used for anything else: the compiler writes into it.
 */
export function compileOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RunCompiled | null {
  if (!isCompilable(document, operation)) return null;
  const compiled = compileQuery(schema, document, operation.name?.value, {
    // Without it, a fragment used twice under different conditions is included under either.
    useExperimentalPathBasedSkipInclude: true,
    // The stack of an error that a resolver threw is kept; the place in the compiled function tells nothing.
    disablingCapturingStackErrors: true,
  });
  if (!isCompiledQuery(compiled)) return null;
  return async (context, variables) => {
    const result = await compiled.query({}, context, variables);
    return 'data' in result ? result : null;
  };
}

function isCompilable(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) return false;
  // Mutations run one after the other, and a failed one keeps those after it from running; compiled ones run them all.
  if (operation.operation === OperationTypeNode.MUTATION && !hasOneField(operation)) return false;
  return !setsPrototype(document);
}

function hasOneField({ selectionSet: { selections } }: OperationDefinitionNode): boolean {
  return selections.length === 1 && selections[0]?.kind === Kind.FIELD;
}

/** Arguments become literals of the compiled function, and there `__proto__` is not a key like any other. */
function setsPrototype(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    ObjectField({ name }) {
      if (name.value !== '__proto__') return undefined;
      found = true;
      return BREAK;
    },
  });
  return found;
}
