import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config';
import type { Log } from '../../log';
import type { EventLoopTurns } from '../../event-loop-turns';
import type { Tracing } from '../../tracing';
import type { HttpAccess } from '../access/http-access';
import { checkJson } from '../json-body';
import type { Lifecycle } from '../lifecycle';
import { EventStreams } from './event-streams';
import { LiveConnections } from './live-connections';
import { LiveOperations, type LiveOperationsOptions } from './live-operations';
import { handleUpgrades } from './upgrades';
import { WebSocketProtocol } from './websocket-protocol';
import { WebSockets } from './websockets';

export interface LiveTransportOptions extends LiveOperationsOptions {
  readonly turns: EventLoopTurns;
  readonly tracing: Tracing | null;
}

/** The transports with long-lived connections, for the routes to pass requests to. */
export interface LiveTransport {
  readonly webSockets: WebSockets;
  readonly eventStreams: EventStreams;
}

/**
 * Creates the live transport of `server`. When the server stops, its connections close gracefully, so that clients
 * reconnect to another server.
 */
export function createLiveTransport(
  server: FastifyInstance,
  options: LiveTransportOptions,
  access: HttpAccess,
  lifecycle: Lifecycle,
  log: Log,
): LiveTransport {
  const { config, schema, turns, tracing } = options;
  const operations = new LiveOperations(options);
  const connections = new LiveConnections(config.maxLiveConnections, config.liveCheckMs);
  const protocol = new WebSocketProtocol({
    schema,
    operations,
    initTimeoutMs: config.connectionInitTimeoutMs,
    maxOperationsPerConnection: config.maxOperationsPerConnection,
    log,
    checkMessage: (message) => checkJson(message, 'message', config.maxBodyValues, turns),
    authenticate: (payload, { origin }) =>
      access.authenticateConnection(payload, origin.address, origin.headers),
    isStopping: () => lifecycle.isStopping,
    tracing,
  });
  handleUpgrades(server);
  access.onKeysChanged(() => connections.endRevoked((caller) => access.isRevoked(caller)));
  lifecycle.onStop(() => connections.stop(config.shutdownTimeoutMs));
  return {
    webSockets: new WebSockets({
      protocol,
      connections,
      maxMessageBytes: config.maxMessageBytes,
      limits: limitsOf(config),
    }),
    eventStreams: new EventStreams({
      operations,
      connections,
      stallTimeoutMs: config.liveStallTimeoutMs,
      refuseRevoked: (caller) => access.refuseRevoked(caller),
    }),
  };
}

function limitsOf({ maxLiveBufferBytes, liveStallTimeoutMs }: Config) {
  return { maxBufferedBytes: maxLiveBufferBytes, stallTimeoutMs: liveStallTimeoutMs };
}
