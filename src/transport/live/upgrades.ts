import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** The socket of an upgrade request, with the bytes after the request that were already read. */
export interface OfferedSocket {
  readonly socket: Socket;
  readonly head: Buffer;
}

interface Offer extends OfferedSocket {
  readonly response: ServerResponse;
}

const offers = new WeakMap<IncomingMessage, Offer>();

/**
 * Routes WebSocket requests like any other, so that they pass the same hooks, and refusals are HTTP responses. All other
 * upgrade requests, such as a Java client's for HTTP/2, are handled as if they had not offered it: a server may ignore the
 * offer (RFC 9110, section 7.8), but Node.js emits `upgrade` for all of them once there is a listener.
 */
export function handleUpgrades(server: FastifyInstance): void {
  server.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      return ignoreOffer(server, request, socket, head);
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.destroySoon());
    offers.set(request, { socket, head, response });
    server.routing(request, response);
  });
}

/** Whether the request is for a WebSocket. */
export function asksForWebSocket({ raw }: FastifyRequest): boolean {
  return offers.has(raw);
}

/** Takes the socket of a WebSocket request, which `reply` then no longer answers. */
export function takeSocket({ raw }: FastifyRequest, reply: FastifyReply): OfferedSocket {
  const { response, ...offered } = offers.get(raw)!;
  reply.hijack();
  response.detachSocket(offered.socket);
  return offered;
}

/** Makes the server parse the request again, without the upgrade. */
function ignoreOffer(server: FastifyInstance, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index]!;
    const isOffer = ['upgrade', 'http2-settings', 'connection'].includes(name.toLowerCase());
    if (!isOffer) lines.push(`${name}: ${request.rawHeaders[index + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.server.emit('connection', socket);
}
