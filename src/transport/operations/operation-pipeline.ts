import {
  type DocumentNode,
  getOperationAST,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  validate,
} from 'graphql';
import type { Config } from '../../config';
import type { Caller } from '../access/caller';
import type { OperationCache, PreparedOperation } from './operation-cache';
import type { Variables } from './query-cost';
import { InvalidOperation, textError } from './refusals';
import { parseWithinLimits, tooComplex } from './text-limits';

/** More say no more about what is wrong, and each costs a look through the text. */
const maxValidationErrors = 10;

/**
 * What every operation passes before it runs, whichever way it came and however it will run: first what its text is
 * measured by, cheapest first, then what depends on the request.
 */
export class OperationPipeline {
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly cache: OperationCache,
    private readonly config: Config,
  ) {}

  /**
   * The operation that `text` and `operationName` name, parsed and valid.
   * @throws DomainError QUERY_TOO_COMPLEX, InvalidOperation
   */
  prepare(text: string, operationName: string | null | undefined): PreparedOperation {
    const known = this.cache.find(text, operationName);
    if (known) return known;
    const document = parseWithinLimits(text, this.config);
    this.validate(document);
    return this.cache.learn(text, operationName, document, selectOperation(document, operationName));
  }

  /**
   * Lets a request run, and returns its cost: how many nodes it could touch.
   * @throws DomainError QUERY_TOO_COMPLEX
   */
  admit(operation: PreparedOperation, variables: Variables, _caller: Caller): number | Promise<number> {
    const cost = operation.cost(variables);
    const limit = this.config.maxQueryCost;
    if (cost > limit) throw tooComplex(`it could touch ${cost} sessions and events`, limit, { cost });
    return cost;
  }

  private validate(document: DocumentNode): void {
    const errors = validate(this.schema, document, undefined, { maxErrors: maxValidationErrors });
    if (errors.length > 0) throw new InvalidOperation(errors.map(asInvalid));
  }
}

function asInvalid(error: GraphQLError): GraphQLError {
  return textError(error.message, 'GRAPHQL_VALIDATION_FAILED', error);
}

function selectOperation(
  document: DocumentNode,
  operationName: string | null | undefined,
): OperationDefinitionNode {
  const node = getOperationAST(document, operationName);
  if (node) return node;
  const message = operationName
    ? 'There is no operation with this operationName in the text.'
    : 'The text has several operations: operationName must name one of them.';
  throw new InvalidOperation([textError(message, 'OPERATION_RESOLUTION_FAILURE')]);
}
