import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { Config } from '../config';
import { DomainError } from '../errors';
import type { RequestContext } from '../schema/request-context';
import { type FormatError, noteRequest } from './mask-errors';
import { formatResult } from './operations/format-result';
import type { PreparedOperation } from './operations/operation-cache';
import type { OperationPipeline } from './operations/operation-pipeline';
import { asGraphQLError, InvalidOperation } from './operations/refusals';
import type { RunningOperation } from './operations/running-operation';
import { markSessions, settleCaching } from './session-caching';

/** The context of an operation that Apollo executes. */
export interface ApolloContext extends RequestContext {
  readonly running: RunningOperation;
}

/**
 * What this server puts in place of Apollo's validation, and between that and Apollo's execution: the pipeline, cache
 * headers for GET, and compiled execution where it is to be used from the first time on.
 */
export function operationsPlugin(
  pipeline: OperationPipeline,
  config: Config,
  formatError: FormatError,
): ApolloServerPlugin<ApolloContext> {
  return {
    async requestDidStart({ contextValue: { running } }) {
      let marked = false;
      return {
        async didResolveOperation(request) {
          const { source, schema } = request;
          const { operationName, variables, http } = request.request;
          // Of a persisted query, only Apollo knew the text.
          running.prepared ??= prepare(pipeline, source, operationName);
          refuseSubscription(running.prepared);
          running.cost ??= await admit(pipeline, running, variables ?? {});
          const { document, node } = running.prepared;
          const markedDocument = http?.method === 'GET' ? markSessions(schema, document, node) : null;
          if (!markedDocument) return;
          // Apollo executes what stands here; its own cache keeps the document as it was sent.
          Object.assign(request, { document: markedDocument });
          marked = true;
        },
        async responseForOperation({ contextValue, request }) {
          const run = config.execution === 'compiled' && !marked ? running.prepared?.compiled() : null;
          const result = run ? await run(contextValue, request.variables) : null;
          if (!result || !('data' in result)) return null;
          const { body, ...http } = formatResult(result, running.requestId, formatError);
          return { http, body: { kind: 'single', singleResult: body } };
        },
        async didEncounterErrors({ errors }) {
          noteRequest(errors, running.requestId);
        },
        async willSendResponse({ response }) {
          if (response.body.kind !== 'single') return;
          const { singleResult } = response.body;
          if (singleResult.errors) running.failed(singleResult.errors);
          if (marked) response.http.headers.set('cache-control', settleCaching(singleResult));
        },
      };
    },
  };
}

function prepare(pipeline: OperationPipeline, text: string, operationName: string | undefined) {
  try {
    return pipeline.prepare(text, operationName);
  } catch (error) {
    throw error instanceof InvalidOperation ? error.errors[0]! : refusalOf(error);
  }
}

async function admit(pipeline: OperationPipeline, running: RunningOperation, variables: object) {
  try {
    return await pipeline.admit(running.prepared!, variables as Record<string, unknown>, running.caller);
  } catch (error) {
    throw refusalOf(error);
  }
}

function refusalOf(error: unknown): unknown {
  return error instanceof DomainError ? asGraphQLError(error) : error;
}

/** Validation lets a subscription pass where the schema has none, and execution would call that a fault of ours. */
function refuseSubscription({ node }: PreparedOperation): void {
  if (node.operation !== OperationTypeNode.SUBSCRIPTION) return;
  throw new GraphQLError('Subscriptions cannot be asked for over HTTP.', {
    nodes: node,
    extensions: { code: 'BAD_REQUEST', http: { status: 400, headers: new HeaderMap() } },
  });
}
