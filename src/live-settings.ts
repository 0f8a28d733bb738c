import { integer } from './setting';

const MiB = 1024 * 1024;

/** What subscriptions and their connections may cost. */
export const liveSettings = {
  maxLiveConnections: integer(
    'MAX_LIVE_CONNECTIONS',
    10_000,
    1,
    1_000_000,
    'WebSocket and server-sent events connections that one process holds.',
  ),
  maxOperationsPerConnection: integer(
    'MAX_OPERATIONS_PER_CONNECTION',
    100,
    1,
    10_000,
    'Subscriptions and other operations that may run at the same time on one WebSocket.',
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
    'The largest message on a WebSocket, in bytes.',
  ),
  maxLiveBufferBytes: integer(
    'MAX_LIVE_BUFFER_BYTES',
    512 * 1024,
    16 * 1024,
    256 * MiB,
    'How many bytes may wait for a slow client of a WebSocket before its subscriptions are held back.',
  ),
  liveCheckMs: integer(
    'LIVE_CHECK_MS',
    12_000,
    100,
    600_000,
    'How often each live connection is asked whether its client is still there, in milliseconds.',
  ),
  liveStallTimeoutMs: integer(
    'LIVE_STALL_TIMEOUT_MS',
    30_000,
    100,
    600_000,
    'How long a client may take nothing of what is sent to it before it is cut off, in milliseconds.',
  ),
};
