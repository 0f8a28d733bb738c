import { createHash } from 'node:crypto';
import { type ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import type { Config } from '../config';
import { DomainError, serviceUnavailable } from '../errors';
import type { Log } from '../log';
import type { RequestContext } from '../schema/request-context';
import type { Asker } from '../service/create-services';
import type { AnswerMemory } from './answer-memory';
import { type Explorer, prefersHtml } from './explorer';
import type { KnownLane } from './known-lane';
import { parseWithinLimits } from './query-limits';
import { type GetSignal, withinTime } from './request-time';
import { notCacheable } from './session-caching';

export interface GraphQLRoute {
  readonly apollo: ApolloServer<RequestContext>;
  /** Null: everything goes through Apollo. */
  readonly lane: KnownLane | null;
  readonly explorer: Explorer;
  readonly config: Config;
  readonly log: Log;
  readonly memory: AnswerMemory;
  createContext(asker: Asker): RequestContext;
  isStopping(): boolean;
}

/** `/graphql`: POST and GET as GraphQL over HTTP says, a page for browsers; Apollo refuses every other method. */
export function addGraphQLRoute(server: FastifyInstance, route: GraphQLRoute): void {
  server.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/graphql',
    handler: (request, reply) => {
      if (request.method === 'GET' && prefersHtml(request.headers.accept))
        return route.explorer.sendPage(reply);
      if (route.isStopping()) throw serviceUnavailable('The server is stopping. Try again.');
      return withinTime(reply.raw, route.config.requestTimeoutMs, (signal) =>
        answer(route, request, reply, signal),
      );
    },
  });
}

async function answer(
  route: GraphQLRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  signal: GetSignal,
): Promise<string | Buffer> {
  const started = performance.now();
  const share = route.memory.share();
  const createContext = () => route.createContext({ signal, takeMemory: (bytes) => share.take(bytes) });
  let body: string | Buffer | null = null;
  try {
    if (route.lane && request.method === 'POST') {
      body = await route.lane.answer(request, reply, createContext);
    }
    body ??= await throughApollo(route, request, reply, createContext);
    return body;
  } finally {
    share.end(body === null ? 0 : Buffer.byteLength(body), request.raw, reply.raw);
    logRequest(route, request, performance.now() - started);
  }
}

async function throughApollo(
  route: GraphQLRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  createContext: () => RequestContext,
): Promise<string> {
  const response = await askApollo(route, request, createContext);
  if (response.status === undefined && request.method === 'POST') {
    route.lane?.learnContentType(request.headers.accept, response.headers.get('content-type') ?? '');
  }
  return send(response, request, reply);
}

function askApollo(route: GraphQLRoute, request: FastifyRequest, createContext: () => RequestContext) {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  headers.set('x-request-id', request.id);
  const question = request.url.indexOf('?');
  const search = question < 0 ? '' : request.url.slice(question);
  return route.apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: request.method, headers, search, body: request.body },
    // Apollo asks for the context once it has let the request in, and before it looks at the text.
    context: async () => {
      refuseOversized(textOf(request, search), route.config);
      return createContext();
    },
  });
}

function textOf(request: FastifyRequest, search: string): unknown {
  if (request.method === 'GET') return new URLSearchParams(search).get('query');
  return (request.body as { query?: unknown } | null | undefined)?.query;
}

function refuseOversized(text: unknown, config: Config): void {
  if (typeof text !== 'string') return;
  try {
    parseWithinLimits(text, config);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new GraphQLError(error.message, {
      originalError: error,
      extensions: { ...error.extensions, http: { status: 400, headers: new HeaderMap() } },
    });
  }
}

/** Sends what Apollo answered; what may be kept gets an ETag, and a client that has it already gets only a 304. */
function send(response: HTTPGraphQLResponse, request: FastifyRequest, reply: FastifyReply): string {
  if (response.body.kind !== 'complete') throw new Error('incremental delivery is not part of this API');
  const { headers, body } = response;
  if (!headers.has('cache-control')) headers.set('cache-control', notCacheable);
  for (const [name, value] of headers) reply.header(name, value);
  reply.code(response.status ?? 200);
  if (headers.get('cache-control') === notCacheable) return body.string;
  const etag = `"${createHash('sha256').update(body.string).digest('base64url')}"`;
  reply.header('etag', etag).header('vary', 'accept');
  if (!matches(request.headers['if-none-match'], etag)) return body.string;
  reply.code(304);
  return '';
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags?.some((tag) => tag === etag || tag === '*') ?? false;
}

function logRequest({ config, log }: GraphQLRoute, request: FastifyRequest, elapsedMs: number): void {
  const { operationName } = (request.body ?? {}) as { operationName?: unknown };
  const details = { requestId: request.id, operationName, elapsedMs: Math.round(elapsedMs) };
  if (elapsedMs < config.slowRequestMs) log.debug(details, 'request');
  else log.warn(details, 'slow request');
}
