import { Readable } from 'node:stream';
import { type ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLError } from 'graphql';
import type { Config } from '../config';
import type { Availability } from '../database/availability';
import { type DomainError, serviceUnavailable } from '../errors';
import type { EventLoopTurns } from '../event-loop-turns';
import type { RequestContext } from '../schema/request-context';
import type { RequestScope } from '../store/request-scope';
import type { HttpAccess } from './access/http-access';
import type { TrustedDocuments } from './access/trusted-documents';
import { type Explorer, prefersEventStream, prefersHtml } from './explorer';
import type { FastPath } from './fast-path';
import type { Lifecycle } from './lifecycle';
import type { LiveTransport } from './live/live-transport';
import { asksForWebSocket } from './live/upgrades';
import { prepareReply } from './graphql-reply';
import type { FormatError } from './mask-errors';
import type { EncodedResult } from './operations/encode-result';
import { formatResult } from './operations/format-result';
import type { OperationObserver } from './operations/operation-observer';
import { needOf, type OperationPipeline } from './operations/operation-pipeline';
import { refusalsOf } from './operations/refusals';
import { RunningOperation } from './operations/running-operation';
import type { ApolloContext } from './operations-plugin';
import { withinTime } from './request-time';
import type { RequestTraces } from './request-traces';
import type { ResponseMemoryBudget } from './response-memory-budget';

export interface GraphQLRoute {
  readonly apollo: ApolloServer<ApolloContext>;
  readonly access: HttpAccess;
  readonly trustedDocuments: TrustedDocuments | null;
  readonly pipeline: OperationPipeline;
  /** Null: everything goes through Apollo. */
  readonly fastPath: FastPath | null;
  readonly explorer: Explorer;
  readonly live: LiveTransport;
  readonly config: Config;
  readonly observer: OperationObserver;
  readonly memory: ResponseMemoryBudget;
  readonly turns: EventLoopTurns;
  readonly formatError: FormatError;
  createContext(scope: RequestScope): RequestContext;
  /** Null if nothing is traced. */
  readonly traces: RequestTraces | null;
  readonly lifecycle: Lifecycle;
  readonly availability: Availability;
}

/** `/graphql`: POST and GET as in GraphQL over HTTP, and a page for browsers; Apollo refuses other methods. */
export function addGraphQLRoute(server: FastifyInstance, route: GraphQLRoute): void {
  server.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/graphql',
    onRequest: (request, _reply, done) => {
      // Anyone may load the page; its requests are authenticated.
      // A WebSocket authenticates once it is open.
      if (asksForWebSocket(request)) {
        route.access.checkHandshake(request);
        done();
      } else if (wantsPage(request)) done();
      else route.access.authenticate(request, done);
    },
    handler: releasing((request, reply) => {
      if (asksForWebSocket(request)) return route.live.webSockets.accept(request, reply);
      if (wantsPage(request)) return route.explorer.sendPage(reply);
      if (prefersEventStream(request.headers.accept)) return streamEvents(route, request, reply);
      if (route.lifecycle.isStopping) throw serviceUnavailable('The server is stopping. Try again.');
      const running = new RunningOperation(request.id, request.caller!, 'http');
      if (route.traces === null) return answerInTime(route, request, reply, running);
      const work = () => answerInTime(route, request, reply, running);
      return route.traces.of(request).runOperation(() => running.record(), work);
    }),
  });
  server.route({
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    onRequest: (request, _reply, done) => route.access.authenticate(request, done),
    handler: releasing((request, reply) => streamEvents(route, request, reply)),
  });
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** The handler, which releases a large body at its end. */
function releasing(handle: Handler): Handler {
  const handleLarge = async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      return await handle(request, reply);
    } finally {
      request.releaseBody?.();
    }
  };
  return (request, reply) => (request.releaseBody ? handleLarge : handle)(request, reply);
}

/** An operation as server-sent events. */
function streamEvents(route: GraphQLRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const trace = route.traces && route.traces.of(request);
  return route.live.eventStreams.answer(request, reply, request.caller!, trace);
}

const nothing = (): void => undefined;

function wantsPage({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && prefersHtml(headers.accept);
}

async function answerInTime(
  route: GraphQLRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  running: RunningOperation,
): Promise<EncodedResult> {
  const { availability } = route;
  const { requestTimeoutMs } = route.config;
  let forget = nothing;
  try {
    return await withinTime(reply.raw, requestTimeoutMs, (signal, giveUp) => {
      forget = availability.watch({
        get need() {
          return running.prepared ? needOf(running.prepared.node, route.config) : 'any';
        },
        fail: giveUp,
      });
      return answer(route, request, reply, running, { deadline: Date.now() + requestTimeoutMs, signal });
    });
  } catch (error) {
    running.failed([error as Partial<DomainError>]);
    throw error;
  } finally {
    forget();
    // The request arrived before draining began; without this its connection would stay open.
    if (route.lifecycle.isLeaving) reply.header('connection', 'close');
    route.observer.ended(running.record());
  }
}

async function answer(
  route: GraphQLRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  running: RunningOperation,
  time: Pick<RequestScope, 'deadline' | 'signal'>,
): Promise<EncodedResult> {
  const memory = route.memory.share();
  const scope: RequestScope = {
    ...time,
    reading: (read) => memory.reading(read),
    takeMemory: (bytes) => memory.take(bytes),
  };
  const createContext = () => route.createContext(scope);
  let body: EncodedResult | null = null;
  try {
    if (route.trustedDocuments) request.body = route.trustedDocuments.resolveBody(request.body);
    if (route.fastPath && request.method === 'POST') {
      body = await route.fastPath.answer(request, reply, running, createContext);
    }
    body ??= await throughApollo(route, request, reply, running, createContext);
    return body;
  } finally {
    // A stream holds the result, so what was read for it.
    const held = body instanceof Readable ? null : (body?.length ?? 0);
    memory.end(held, request.raw, reply.raw);
  }
}

async function throughApollo(
  route: GraphQLRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  running: RunningOperation,
  createContext: () => RequestContext,
): Promise<EncodedResult> {
  const response = await askApollo(route, request, running, createContext);
  if (response.status === undefined && request.method === 'POST') {
    route.fastPath?.learnContentType(request.headers.accept, response.headers.get('content-type') ?? '');
  }
  if (response.body.kind !== 'complete') throw new Error('incremental delivery is not part of this API');
  const result = running.largeResult ?? response.body.string;
  return prepareReply(response, result, request, reply, route.turns);
}

async function askApollo(
  route: GraphQLRoute,
  request: FastifyRequest,
  running: RunningOperation,
  createContext: () => RequestContext,
): Promise<HTTPGraphQLResponse> {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const question = request.url.indexOf('?');
  const sent = question < 0 ? '' : request.url.slice(question);
  const search = route.trustedDocuments?.resolveSearch(sent) ?? sent;
  let refusal: readonly GraphQLError[] | null = null;
  const response = await route.apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: request.method, headers, search, body: request.body },
    // Apollo creates the context after it has accepted the request and before it parses the document.
    context: async () => {
      refusal = await prepareText(route.pipeline, request, search, running);
      if (refusal !== null) throw refusal[0]!;
      return Object.assign(createContext(), { running });
    },
  });
  return refusal === null ? noted(response, running) : withErrors(response, refusal, route, running);
}

/** Checks the document, if there is one; returns the errors that refuse it, or null. */
async function prepareText(
  pipeline: OperationPipeline,
  request: FastifyRequest,
  search: string,
  running: RunningOperation,
): Promise<readonly GraphQLError[] | null> {
  const { query, operationName } = sentText(request, search);
  // Apollo refuses a query that is not a string.
  if (typeof query !== 'string' || query === '') return null;
  if (operationName != null && typeof operationName !== 'string') return null;
  try {
    running.prepared ??= await pipeline.prepare(query, operationName);
    return null;
  } catch (error) {
    return refusalsOf(error);
  }
}

function sentText(request: FastifyRequest, search: string): { query?: unknown; operationName?: unknown } {
  if (request.method !== 'GET') return request.body ?? {};
  const parameters = new URLSearchParams(search);
  return { query: parameters.get('query'), operationName: parameters.get('operationName') };
}

/** Apollo's response to a refused context has one error; this puts all of them in it. */
function withErrors(
  response: HTTPGraphQLResponse,
  errors: readonly GraphQLError[],
  { formatError }: GraphQLRoute,
  running: RunningOperation,
): HTTPGraphQLResponse {
  const { body } = formatResult({ errors }, running.requestId, formatError);
  running.failed(body.errors ?? []);
  return { ...response, body: { kind: 'complete', string: `${JSON.stringify(body)}\n` } };
}

/** Reports requests that Apollo refuses before any plugin runs. */
function noted(response: HTTPGraphQLResponse, running: RunningOperation): HTTPGraphQLResponse {
  if ((response.status ?? 200) >= 400 && running.errorCodes.length === 0)
    running.failed([{ extensions: { code: 'BAD_REQUEST' } }]);
  return response;
}
