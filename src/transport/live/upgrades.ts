import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** The connection of a request for a WebSocket, with the bytes behind the request that have been read already. */
export interface OfferedSocket {
  readonly socket: Socket;
  readonly head: Buffer;
}

interface Offer extends OfferedSocket {
  readonly response: ServerResponse;
}

const offers = new WeakMap<IncomingMessage, Offer>();

/**
 * Sends requests for a WebSocket through the routes like any other, so that they pass the same hooks, and one that is
 * refused is answered over HTTP. Every other request that offers to upgrade, such as a Java client's to HTTP/2, is
 * answered as if it had not: the offer may be ignored (RFC 9110, section 7.8), but Node.js hands all of them over once
 * anyone listens.
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

/** Takes the connection of a request for a WebSocket, which is not answered by `reply` then. */
export function takeSocket({ raw }: FastifyRequest, reply: FastifyReply): OfferedSocket {
  const { response, ...offered } = offers.get(raw)!;
  reply.hijack();
  response.detachSocket(offered.socket);
  return offered;
}

/** Lets the server read the request once more, without the offer. */
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
