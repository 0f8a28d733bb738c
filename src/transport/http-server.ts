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
import { parseJsonBody } from './json-body';
import type { Lifecycle } from './lifecycle';
import { createErrorMask } from './mask-errors';
import type { EventLoopTurns } from '../event-loop-turns';

/** How long a client may take to send its headers, its whole request, or its next request on the same connection. */
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 60_000;
const keepAliveTimeoutMs = 72_000;
/** How long a connection may stand still behind what a request may take: one that reads no answer keeps it in memory. */
const standstillMs = 20_000;
/** How long what is still being sent of a body that is too large is taken and thrown away. */
const drainMs = 2_000;

/** An HTTP server without routes: how it reads bodies, how long it waits, and how it says that something is wrong. */
export function createHttpServer(
  config: Config,
  log: Log,
  lifecycle: Lifecycle,
  turns: EventLoopTurns,
): FastifyInstance {
  const processId = randomUUID().slice(0, 8);
  let requests = 0;
  const server = Fastify({
    bodyLimit: config.maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: config.requestTimeoutMs + standstillMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: 5_000 },
    // While it closes it still answers what arrives on open connections, and the route knows what to say.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Only Apollo reads the query string, and in its own way.
    routerOptions: { querystringParser: () => ({}), ignoreTrailingSlash: true },
    // The caller's own id where it sends a usable one, so that its log and this one can be laid side by side.
    genReqId: ({ headers }) => usableId(headers['x-request-id']) ?? `${processId}-${++requests}`,
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    clientErrorHandler: answerBrokenHttp,
    frameworkErrors: answerBadPath,
  });
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    // The next request goes to a server that stays.
    if (lifecycle.isLeaving) reply.header('connection', 'close');
    done();
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async ({ headers }: FastifyRequest, body: Buffer) => {
      refuseEncoded(headers['content-encoding']);
      return parseJsonBody(body, config.maxBodyValues, turns);
    },
  );
  server.setNotFoundHandler((request, reply) => {
    const message = `There is nothing at ${request.method} ${request.url.split('?')[0]}; the API is at /graphql.`;
    return reply.code(404).send(errorBody(message, { code: 'NOT_FOUND' }));
  });
  server.setErrorHandler(errorHandler(config, log));
  return server;
}

/** It stands in the log and in a header of the answer: a word of printable ASCII. */
function usableId(sent: string | string[] | undefined): string | null {
  return typeof sent === 'string' && /^[\x21-\x7e]{1,128}$/.test(sent) ? sent : null;
}

function refuseEncoded(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new BadRequest('A body must be sent as it is, without a content-encoding.', 415);
}

function errorHandler(config: Config, log: Log) {
  const mask = createErrorMask(log);
  return async (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    if (error instanceof DomainError) {
      const { status, headers } = httpRefusal(error);
      return reply.code(status).headers(headers).send(errorBody(error.message, error.extensions));
    }
    const known = asBadRequest(error, config);
    if (known?.statusCode === 413 && !request.raw.complete) await drain(request.raw);
    if (known) return reply.code(known.statusCode).send(errorBody(known.message, { code: known.code }));
    return reply.code(500).send({ errors: [mask({ message: error.message }, error)] });
  };
}

/** A client that is cut off while it sends would never read the answer. */
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

function asBadRequest(error: FastifyError | Error, config: Config): BadRequest | null {
  if (error instanceof BadRequest) return error;
  switch ((error as FastifyError).code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new BadRequest(`The body is larger than ${config.maxBodyBytes} bytes.`, 413);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new BadRequest('The content-type of a body must be application/json.', 415);
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'ECONNRESET':
      return new BadRequest('The body is cut off: it is not as long as its content-length.');
    default:
      return null;
  }
}

/** The router's own errors: it takes the path apart before there is a route. */
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

/** What never became a request: answered on the bare socket. */
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
