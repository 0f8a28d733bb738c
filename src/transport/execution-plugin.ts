import { type ApolloServerPlugin, type GraphQLRequest, HeaderMap } from '@apollo/server';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { Config } from '../config';
import type { RequestContext } from '../schema/request-context';
import { formatResult } from './format-result';
import type { KnownOperation, KnownOperations } from './known-operations';
import { type FormatError, noteRequest } from './mask-errors';
import type { Variables } from './query-cost';
import { tooComplex } from './query-limits';
import { markSessions, settleCaching } from './session-caching';

/**
 * What this server adds between Apollo's validation and its execution: the cost limit, knowledge of the operation for
 * when it comes again, cache headers for GET, and compiled execution where it is to be used from the first time on.
 */
export function executionPlugin(
  known: KnownOperations,
  config: Config,
  formatError: FormatError,
): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      let operation: KnownOperation | undefined;
      let marked = false;
      return {
        async didResolveOperation(request) {
          const { source, document, schema } = request;
          const { operationName, variables, http } = request.request;
          operation = known.find(source, operationName) ?? known.learn(source, operationName, document);
          if (!operation) return;
          refuseSubscription(operation);
          refuseAbove(config.maxQueryCost, operation, variables ?? {});
          const markedDocument =
            http?.method === 'GET' ? markSessions(schema, document, operation.node) : null;
          if (!markedDocument) return;
          // Apollo executes what stands here; its own cache keeps the document as it was sent.
          Object.assign(request, { document: markedDocument });
          marked = true;
        },
        async responseForOperation({ contextValue, request }) {
          const run = config.execution === 'compiled' && !marked ? operation?.compiled() : null;
          const result = run ? await run(contextValue, request.variables) : null;
          if (!result || !('data' in result)) return null;
          const { body, ...http } = formatResult(result, requestIdOf(request), formatError);
          return { http, body: { kind: 'single', singleResult: body } };
        },
        async didEncounterErrors({ errors, request }) {
          noteRequest(errors, requestIdOf(request));
        },
        async willSendResponse({ response }) {
          if (marked && response.body.kind === 'single') {
            response.http.headers.set('cache-control', settleCaching(response.body.singleResult));
          }
        },
      };
    },
  };
}

/** The route gives every request one. */
function requestIdOf({ http }: GraphQLRequest): string {
  return http?.headers.get('x-request-id') ?? '';
}

/** Validation lets a subscription pass where the schema has none, and execution would call that a fault of ours. */
function refuseSubscription({ node }: KnownOperation): void {
  if (node.operation !== OperationTypeNode.SUBSCRIPTION) return;
  throw new GraphQLError('Subscriptions cannot be asked for over HTTP.', {
    nodes: node,
    extensions: { code: 'BAD_REQUEST', http: { status: 400, headers: new HeaderMap() } },
  });
}

/** Says what an operation could cost where it is over the limit, with the status of a request that is at fault. */
function refuseAbove(limit: number, operation: KnownOperation, variables: Variables): void {
  const cost = operation.cost(variables);
  if (cost <= limit) return;
  const refusal = tooComplex(`it could touch ${cost} sessions and events`, limit, { cost });
  throw new GraphQLError(refusal.message, {
    originalError: refusal,
    extensions: { ...refusal.extensions, http: { status: 400, headers: new HeaderMap() } },
  });
}
