import { createClient as createSseClient } from 'graphql-sse';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { resuming } from './resuming';

/** A client as the README shows it, whose connection a test can cut. */
export interface CuttableClient {
  readonly client: Client;
  /** How often it has connected. */
  connections(): number;
  cut(): void;
}

export function connectCuttable(url: string): CuttableClient {
  const sockets: WebSocket[] = [];
  class CountedSocket extends WebSocket {
    constructor(address: string, protocol: string) {
      super(address, protocol);
      sockets.push(this);
    }
  }
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: CountedSocket,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: async () => undefined,
    lazyCloseTimeout: 0,
  });
  return {
    client: resuming(client),
    connections: () => sockets.length,
    cut: () => sockets.at(-1)!.terminate(),
  };
}

/** The same over server-sent events. */
export function connectCuttableStreams(url: string): CuttableClient {
  const streams: AbortController[] = [];
  const client = createSseClient({
    url: `${url}/stream`,
    retryAttempts: Infinity,
    retry: async () => undefined,
    fetchFn: (address: string, init: RequestInit) => {
      const stream = new AbortController();
      streams.push(stream);
      return fetch(address, { ...init, signal: AbortSignal.any([stream.signal, init.signal!]) });
    },
  });
  return {
    // What both clients have in common is all that is used.
    client: resuming(client as unknown as Client),
    connections: () => streams.length,
    // Once it waits for more: the library takes an error while results are queued for one that it must not retry.
    cut: () => void setImmediate(() => streams.at(-1)!.abort()),
  };
}
