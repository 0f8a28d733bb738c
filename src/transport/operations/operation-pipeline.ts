import {
  type DocumentNode,
  getOperationAST,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
  validate,
} from 'graphql';
import type { Config } from '../../config';
import type { Availability, Need } from '../../database/availability';
import type { Access } from '../access/access';
import type { Caller } from '../access/caller';
import { checkScopes } from '../access/field-scopes';
import { validationRules } from '../access/introspection';
import type { EventLoopTurns } from '../../event-loop-turns';
import { moveLocations } from './error-locations';
import type { OperationCache, PreparedOperation } from './operation-cache';
import type { Variables } from './query-cost';
import { InvalidOperation, textError, withCode } from './refusals';
import { parseWithinLimits, refuseBytes, tooComplex, withinStack } from './text-limits';

/** The maximum number of validation errors: more do not help, and each costs a scan of the text. */
const maxValidationErrors = 5;

/** Longer documents, in UTF-16 units, are parsed in a turn of their own. */
const shortText = 1000;

/**
 * The checks that every operation passes before it runs, over any transport and for any execution: first those of its
 * document, cheapest first, then those that depend on the request.
 */
export class OperationPipeline {
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly cache: OperationCache,
    private readonly config: Config,
    private readonly turns: EventLoopTurns,
    private readonly availability: Availability,
    private readonly access: Pick<Access, 'rateLimits' | 'trustedDocuments'>,
  ) {}

  /**
   * The operation that `text` and `operationName` name, parsed and valid. Synchronous if it is cached.
   * @throws DomainError QUERY_TOO_COMPLEX, FORBIDDEN (not a trusted document), InvalidOperation; or the promise rejects with them
   */
  prepare(
    text: string,
    operationName: string | null | undefined,
  ): PreparedOperation | Promise<PreparedOperation> {
    this.access.trustedDocuments?.check(text);
    const known = this.cache.find(text, operationName);
    if (known) return known;
    refuseBytes(text, this.config.maxQueryBytes);
    if (text.length <= shortText) return this.read(text, operationName);
    return this.turns.next().then(() => this.read(text, operationName));
  }

  /**
   * Admits a request, and returns its cost: the number of nodes it could read.
   * @throws InvalidOperation if the variables are invalid, DomainError FORBIDDEN, QUERY_TOO_COMPLEX,
   * SERVICE_UNAVAILABLE, RATE_LIMITED
   */
  admit(operation: PreparedOperation, variables: Variables, caller: Caller): number | Promise<number> {
    checkScopes(operation.scopes(), caller);
    operation.checkVariables(variables);
    const { maxQueryCost, maxQueryValues } = this.config;
    const cost = operation.cost(variables);
    if (cost > maxQueryCost)
      throw tooComplex(`it could touch ${cost} sessions and events`, maxQueryCost, { cost });
    const values = operation.values(variables);
    if (values > maxQueryValues)
      throw tooComplex(`its response could have ${values} values`, maxQueryValues, { values });
    // Introspection and the like work without the database.
    if (cost > 0) this.availability.require(needOf(operation.node, this.config));
    const { rateLimits } = this.access;
    if (!rateLimits) return cost;
    // Every operation costs at least one point.
    const points = Math.max(1, cost, operation.writes(variables));
    return rateLimits.take(caller, points).then(() => cost);
  }

  private read(text: string, operationName: string | null | undefined): PreparedOperation {
    const document = parseWithinLimits(text, this.config);
    const errors = withinStack(() =>
      validate(this.schema, document, validationRules(this.config.introspection), {
        maxErrors: maxValidationErrors,
      }),
    );
    if (errors.length > 0)
      throw new InvalidOperation(errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')));
    const node = selectOperation(document, operationName);
    moveLocations(document);
    return this.cache.learn(text, operationName, document, node);
  }
}

/** What an operation needs from the database. */
export function needOf(
  { operation }: OperationDefinitionNode,
  { readPreference }: Pick<Config, 'readPreference'>,
): Need {
  return operation === OperationTypeNode.MUTATION || readPreference === 'primary' ? 'primary' : 'any';
}

function selectOperation(
  document: DocumentNode,
  operationName: string | null | undefined,
): OperationDefinitionNode {
  const node = getOperationAST(document, operationName);
  if (node) return node;
  const message = operationName
    ? 'The document has no operation with this operationName.'
    : 'The document has several operations: operationName must name one of them.';
  throw new InvalidOperation([textError(message, 'OPERATION_RESOLUTION_FAILURE')]);
}
