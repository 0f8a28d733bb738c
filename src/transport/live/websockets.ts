import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { LiveConnections } from './live-connections';
import { takeSocket } from './upgrades';
import { type ConnectionLimits, type ConnectionOrigin, WebSocketConnection } from './websocket-connection';
import type { WebSocketProtocol } from './websocket-protocol';

export interface WebSocketOptions {
  readonly protocol: WebSocketProtocol;
  readonly connections: LiveConnections;
  readonly maxMessageBytes: number;
  readonly limits: ConnectionLimits;
}

/** Serves WebSockets. */
export class WebSockets {
  private readonly handshakes: WebSocketServer;

  constructor(private readonly options: WebSocketOptions) {
    this.handshakes = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxMessageBytes,
      // The library ends an operation one turn after the message, and the next message may use the same id.
      allowSynchronousEvents: false,
      handleProtocols,
    });
  }

  /**
   * Upgrades a request to a WebSocket.
   * @throws SERVICE_UNAVAILABLE if there are too many
   */
  accept(request: FastifyRequest, reply: FastifyReply): void {
    this.options.connections.checkRoom();
    const origin = originOf(request);
    const { socket, head } = takeSocket(request, reply);
    this.handshakes.handleUpgrade(request.raw, socket, head, (webSocket) => this.open(webSocket, origin));
  }

  private open(socket: WebSocket, origin: ConnectionOrigin): void {
    const { connections, protocol, limits } = this.options;
    const connection = new WebSocketConnection(socket, origin, limits);
    connections.add(connection);
    const closed = protocol.open(connection);
    // For a broken frame or too large a message, the library closes the connection with the right code.
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      connections.delete(connection);
      closed(code, reason.toString());
    });
  }
}

/** The parts of a handshake that are kept while its connection lasts. */
function originOf({ ip, headers }: FastifyRequest): ConnectionOrigin {
  const { authorization, 'x-api-key': apiKey } = headers;
  return {
    id: `ws-${randomUUID().slice(0, 8)}`,
    address: ip,
    headers: { authorization, 'x-api-key': typeof apiKey === 'string' ? apiKey : undefined },
  };
}
