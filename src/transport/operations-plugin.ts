import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql';
import type { Config } from '../config';
import type { RequestContext } from '../schema/request-context';
import { type FormatError, noteRequest } from './mask-errors';
import { boundAnswer } from './operations/answer-size';
import { formatResult } from './operations/format-result';
import type { PreparedOperation } from './operations/operation-cache';
import type { OperationPipeline } from './operations/operation-pipeline';
import type { Variables } from './operations/query-cost';
import { refusalsOf } from './operations/refusals';
import { runPlain } from './operations/run-operation';
import type { RunningOperation } from './operations/running-operation';
import { markSessions, settleCaching } from './session-caching';

/** The context of an operation that runs through Apollo. */
export interface ApolloContext extends RequestContext {
  readonly running: RunningOperation;
}

/**
 * Replaces Apollo's validation and execution by the pipeline, cache headers for GET, and compiled execution. Apollo still
 * implements GraphQL over HTTP and persisted queries.
 */
export function operationsPlugin(
  pipeline: OperationPipeline,
  config: Config,
  formatError: FormatError,
): ApolloServerPlugin<ApolloContext> {
  return {
    async requestDidStart({ contextValue: { running } }) {
      let refusal: readonly GraphQLError[] | null = null;
      const respond = (result: ExecutionResult) => {
        const { body, ...http } = formatResult(result, running.requestId, formatError);
        return { http, body: { kind: 'single' as const, singleResult: body } };
      };
      return {
        async didResolveOperation({ source, request: { operationName, variables = {} } }) {
          try {
            // Only Apollo knows the text of a persisted query.
            running.prepared ??= await pipeline.prepare(source, operationName);
            refuseSubscription(running.prepared);
            running.cost ??= await pipeline.admit(running.prepared, variables, running.caller);
          } catch (error) {
            refusal = refusalsOf(error);
          }
        },
        async responseForOperation({ schema, contextValue, request }) {
          const { prepared } = running;
          if (refusal || !prepared) return respond({ errors: refusal ?? [] });
          const { http, variables } = request;
          const marked = http?.method === 'GET' ? markSessions(schema, prepared) : null;
          if (!marked) return respond(await run(prepared, config, contextValue, variables));
          const response = respond(
            await boundAnswer(runPlain(schema, marked.document, prepared.node, contextValue, variables)),
          );
          response.http.headers.set('cache-control', settleCaching(response.body.singleResult, marked));
          return response;
        },
        async didEncounterErrors({ errors }) {
          noteRequest(errors, running.requestId);
        },
        async willSendResponse({ response: { body }, request: { variables = {} } }) {
          if (body.kind !== 'single') return;
          if (body.singleResult.errors) running.failed(body.singleResult.errors);
          if (refusal || !running.prepared?.mayBeLarge(variables)) return;
          running.largeResult = body.singleResult;
          body.singleResult = {};
        },
      };
    },
  };
}

/** Compiled at once with EXECUTION=compiled; plain if the variables are invalid. */
async function run(
  { compiled, plain }: PreparedOperation,
  { execution }: Config,
  context: object,
  variables: Variables | undefined,
): Promise<ExecutionResult> {
  const result = execution === 'compiled' ? await compiled()?.(context, variables) : null;
  return result && 'data' in result ? result : plain(context, variables);
}

/** Refuses subscriptions, which Apollo would execute and report as a bug. */
function refuseSubscription({ node }: PreparedOperation): void {
  if (node.operation !== OperationTypeNode.SUBSCRIPTION) return;
  throw new GraphQLError('Subscriptions need a WebSocket, or a request that accepts text/event-stream.', {
    nodes: node,
    extensions: { code: 'BAD_REQUEST', http: { status: 400, headers: new HeaderMap() } },
  });
}
