import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Variables } from './query-cost';

/** Runs an operation. A result without `data` means that the variables are invalid and nothing was executed. */
export type RunOperation = (
  context: object,
  variables: Variables | undefined,
) => Promise<ExecutionResult> | ExecutionResult;

/** Runs an operation of a valid document with graphql-js. */
export function runPlain(
  schema: GraphQLSchema,
  document: DocumentNode,
  node: OperationDefinitionNode,
  context: object,
  variables: Variables | undefined,
): Promise<ExecutionResult> | ExecutionResult {
  return execute({
    schema,
    document,
    operationName: node.name?.value,
    contextValue: context,
    variableValues: variables,
  });
}
