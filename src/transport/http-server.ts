import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Config } from '../config';
import { DomainError } from '../errors';
import type { Log } from '../log';
import { httpRefusal } from './access/refusals';
import { securityHeaders } from './access/security-headers';
import { BadRequest } from './bad-request';
import type { Lifecycle } from './lifecycle';
import { createErrorMask } from './mask-errors';
import { addJsonBodies } from './request-body';
import type { EventLoopTurns } from '../event-loop-turns';

/** How long a client may take to send its headers, its request, or the next one on the same connection. */
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 60_000;
const keepAliveTimeoutMs = 72_000;
/** How long a connection may idle beyond the request timeout, because an unread response stays in memory. */
const standstillMs = 20_000;
/** How long the rest of an oversized body is read and discarded. */
const drainMs = 2_000;

/** An HTTP server without routes: its body parser, timeouts and error responses. */
export function createHttpServer(
  config: Config,
  log: Log,
  lifecycle: Lifecycle,
  turns: EventLoopTurns,
): FastifyInstance {
  const processId = randomUUID().slice(0, 8);
  let requests = 0;
  const server = Fastify({
    requestTimeout: requestTimeoutMs,
    connectionTimeout: config.requestTimeoutMs + standstillMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: 5_000 },
    // While it closes, requests on open connections still reach the route, which refuses them.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Only Apollo reads the query string, and parses it itself.
    routerOptions: { querystringParser: () => ({}), ignoreTrailingSlash: true },
    // Uses the caller's id if it is valid, so that both logs can be matched.
    genReqId: ({ headers }) => usableId(headers['x-request-id']) ?? `${processId}-${++requests}`,
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    clientErrorHandler: answerBrokenHttp,
    frameworkErrors: answerBadPath,
  });
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    // The client's next request goes to another server.
    if (lifecycle.isLeaving) reply.header('connection', 'close');
    done();
  });
  addJsonBodies(server, config, turns);
  server.setNotFoundHandler((request, reply) => {
    const message = `There is no route ${request.method} ${request.url.split('?')[0]}; the API is at /graphql.`;
    return reply.code(404).send(errorBody(message, { code: 'NOT_FOUND' }));
  });
  server.setErrorHandler(errorHandler(log));
  return server;
}

/** Printable ASCII without spaces, because the id is logged and sent in a header. */
function usableId(sent: string | string[] | undefined): string | null {
  return typeof sent === 'string' && /^[\x21-\x7e]{1,128}$/.test(sent) ? sent : null;
}

function errorHandler(log: Log) {
  const mask = createErrorMask(log);
  return async (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    if (error instanceof DomainError) {
      const { status, headers } = httpRefusal(error);
      return reply.code(status).headers(headers).send(errorBody(error.message, error.extensions));
    }
    const known = asBadRequest(error);
    if (known?.statusCode === 413 && !request.raw.complete) {
      // On a connection that stays, Node.js would read the rest, however long it is.
      reply.header('connection', 'close');
      await drain(request.raw);
    }
    if (known) return reply.code(known.statusCode).send(errorBody(known.message, { code: known.code }));
    return reply.code(500).send({ errors: [mask({ message: error.message }, error)] });
  };
}

/** Lets the client finish sending: if it is cut off, it never reads the response. */
function drain(body: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, drainMs);
    body.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    body.resume();
  });
}

function asBadRequest(error: FastifyError | Error): BadRequest | null {
  if (error instanceof BadRequest) return error;
  if ((error as FastifyError).code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new BadRequest('The content-type of a body must be application/json.', 415);
  return null;
}

/** Errors of the router, which parses the path before there is a route. */
function answerBadPath(_error: FastifyError, _request: unknown, reply: Pick<FastifyReply, 'code'>): void {
  void reply
    .code(400)
    .headers(securityHeaders())
    .send(errorBody('The path is not a valid URL.', { code: 'BAD_REQUEST' }));
}

function errorBody(message: string, extensions: object) {
  return { errors: [{ message, extensions }] };
}

const brokenHttp: Record<string, [status: string, message: string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
};

/** Answers invalid HTTP on the raw socket. */
function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = brokenHttp[error.code ?? ''] ?? [
    '400 Bad Request',
    'This is not an HTTP request.',
  ];
  const body = JSON.stringify(errorBody(message, { code: 'BAD_REQUEST' }));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    connection: 'close',
    ...securityHeaders(),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status}`, ...lines, '', body].join('\r\n'));
}
