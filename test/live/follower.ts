import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** How long a test waits for what must come. */
const patienceMs = 15_000;

/** One result of a subscription. */
export interface Result<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** A client of the graphql-transport-ws protocol that does not connect again by itself. */
export function connectTo(url: string, connectionParams: Record<string, unknown> = {}): Client {
  return createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazyCloseTimeout: 0,
    connectionParams,
  });
}

/** One subscription, and what has come of it. */
export class Follower<Data> {
  readonly results: Result<Data>[] = [];
  /** How it ended: `complete`, or with what. Null while it goes on. */
  ending: unknown = null;
  private readonly waiting = new Set<() => void>();
  private readonly unsubscribe: () => void;

  constructor(client: Client, query: string, variables: Record<string, unknown>) {
    this.unsubscribe = client.subscribe<Data>(
      { query, variables },
      {
        next: (result) => this.note(() => this.results.push(result as Result<Data>)),
        error: (error) => this.note(() => (this.ending = error)),
        complete: () => this.note(() => (this.ending ??= 'complete')),
      },
    );
  }

  get data(): Data[] {
    return this.results.map(({ data, errors }) => {
      if (data) return data;
      throw new Error(JSON.stringify(errors));
    });
  }

  stop(): void {
    this.unsubscribe();
  }

  /** Resolves when it has ended, with how. */
  async ended(): Promise<unknown> {
    await this.until(() => this.ending !== null);
    return this.ending;
  }

  /** Resolves when there are so many results. */
  async length(count: number): Promise<void> {
    await this.until(() => this.results.length >= count || this.ending !== null);
    if (this.results.length < count) throw new Error(`ended after ${this.results.length} results`);
  }

  private note(change: () => unknown): void {
    change();
    for (const look of this.waiting) look();
  }

  async until(holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`nothing more after ${this.results.length} results`));
      }, patienceMs);
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
    });
  }
}

export interface EventAdded {
  readonly eventAdded: { readonly position: number; readonly eventId: string; readonly payload: unknown };
}

export interface SessionChanged {
  readonly sessionChanged: {
    readonly status: string;
    readonly eventCount: number;
    readonly endedAt: string | null;
  };
}

/** Follows a session's events; without a position, from now on. */
export function followEvents(client: Client, sessionId: string, afterPosition?: number) {
  return new Follower<EventAdded>(
    client,
    'subscription ($sessionId: ID!, $afterPosition: Int) { eventAdded(sessionId: $sessionId, afterPosition: $afterPosition) { position eventId payload } }',
    { sessionId, afterPosition },
  );
}

/** Follows a session's states. */
export function followSession(client: Client, sessionId: string) {
  return new Follower<SessionChanged>(
    client,
    'subscription ($sessionId: ID!) { sessionChanged(sessionId: $sessionId) { status eventCount endedAt } }',
    { sessionId },
  );
}

/** The positions in the order in which they came. */
export function positionsOf(follower: Follower<EventAdded>): number[] {
  return follower.data.map(({ eventAdded }) => eventAdded.position);
}

/** 1, 2, 3, … up to the last one. */
export function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
