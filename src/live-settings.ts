import { integer } from './setting';

const MiB = 1024 * 1024;

/** Limits for subscriptions and their connections. */
export const liveSettings = {
  maxLiveConnections: integer(
    'MAX_LIVE_CONNECTIONS',
    10_000,
    1,
    1_000_000,
    'Maximum number of WebSocket and server-sent events connections of one process.',
  ),
  maxOperationsPerConnection: integer(
    'MAX_OPERATIONS_PER_CONNECTION',
    100,
    1,
    10_000,
    'Maximum number of subscriptions and other operations at once on one WebSocket.',
  ),
  connectionInitTimeoutMs: integer(
    'CONNECTION_INIT_TIMEOUT_MS',
    5_000,
    100,
    600_000,
    'How long a new WebSocket may take to send connection_init, in milliseconds.',
  ),
  maxMessageBytes: integer(
    'MAX_MESSAGE_BYTES',
    MiB,
    1024,
    256 * MiB,
    'Maximum size of a WebSocket message, in bytes.',
  ),
  maxLiveBufferBytes: integer(
    'MAX_LIVE_BUFFER_BYTES',
    512 * 1024,
    16 * 1024,
    256 * MiB,
    'Bytes buffered for a slow WebSocket client before its subscriptions pause.',
  ),
  liveCheckMs: integer(
    'LIVE_CHECK_MS',
    12_000,
    100,
    600_000,
    'How often each live connection is pinged, in milliseconds.',
  ),
  liveStallTimeoutMs: integer(
    'LIVE_STALL_TIMEOUT_MS',
    30_000,
    100,
    600_000,
    'How long a client may accept no data before it is disconnected, in milliseconds.',
  ),
};
