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

/** More say no more about what is wrong, and each costs a look through the text. */
const maxValidationErrors = 5;

/** Reading a longer text takes a turn of its own. In UTF-16 units. */
const shortText = 1000;

/**
 * What every operation passes before it runs, whichever way it came and however it will run: first what its text is
 * measured by, cheapest first, then what depends on the request.
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
   * The operation that `text` and `operationName` name, parsed and valid. At once if it is known.
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
   * Lets a request run, and returns its cost: how many nodes it could touch.
   * @throws InvalidOperation where the variables do not fit, DomainError FORBIDDEN, QUERY_TOO_COMPLEX,
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
      throw tooComplex(`its answer could have ${values} values`, maxQueryValues, { values });
    // What touches nothing of the database, such as introspection, is answered without it.
    if (cost > 0) this.availability.require(needOf(operation.node, this.config));
    const { rateLimits } = this.access;
    if (!rateLimits) return cost;
    // Whatever it touches, it is a request.
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

/** What an operation needs of the database. */
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
    ? 'There is no operation with this operationName in the text.'
    : 'The text has several operations: operationName must name one of them.';
  throw new InvalidOperation([textError(message, 'OPERATION_RESOLUTION_FAILURE')]);
}
