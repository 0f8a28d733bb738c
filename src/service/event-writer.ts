import { serviceUnavailable } from '../errors';
import type { NewEvent } from '../store/event-batch';
import type { BatchStorer } from './event-batch-storer';
import type { AddOutcome, Attempt } from './event-outcome';

/** What bounds a writer. */
export interface EventWriterLimits {
  /** Transactions in flight. A session's events always go through the same lane. */
  readonly lanes: number;
  /** Events and bytes that may wait or be in flight; what goes beyond is refused. */
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** How long a request waits for its answer. */
  readonly timeoutMs: number;
}

/** An event with the room it takes while it waits, in bytes. */
export interface SizedEvent extends NewEvent {
  readonly size: number;
}

/** One caller's events, and what has become of them so far. */
interface WriteRequest {
  readonly deadline: number;
  readonly outcomes: AddOutcome[];
  pending: number;
  resolve(outcomes: AddOutcome[]): void;
  reject(error: unknown): void;
}

/** One event in a lane. */
interface Entry {
  readonly event: SizedEvent;
  readonly request: WriteRequest;
  readonly index: number;
  /** Whether it still takes room in the queue. */
  queued: boolean;
}

interface Lane {
  readonly waiting: Entry[];
  busy: boolean;
}

const maxBatchEvents = 1000;
/** Well below the 48 MB of a MongoDB message, and small enough to be on disk soon. */
const maxBatchBytes = 12 * 1024 * 1024;

/**
 * Stores the events of all requests, those that arrive together in one transaction: while one is in flight, the next
 * batch gathers. A lone request waits for nobody.
 */
export class EventWriter {
  private readonly lanes: readonly Lane[];
  /** Those without an answer; the first has the earliest deadline. */
  private readonly requests = new Set<WriteRequest>();
  private events = 0;
  private bytes = 0;
  private watchdog: NodeJS.Timeout | undefined;
  private closed = false;
  private readonly idle: (() => void)[] = [];

  constructor(
    private readonly storer: BatchStorer,
    private readonly limits: EventWriterLimits,
  ) {
    this.lanes = Array.from({ length: limits.lanes }, () => ({ waiting: [], busy: false }));
  }

  /**
   * What becomes of each event, in the order given. When it resolves, what is `stored` is on a majority's disks.
   * @throws SERVICE_UNAVAILABLE when the queue is full, time is up or the server is stopping; some may be stored then
   */
  add(events: readonly SizedEvent[]): Promise<AddOutcome[]> {
    const bytes = events.reduce((sum, event) => sum + event.size, 0);
    if (this.closed) return Promise.reject(serviceUnavailable('The server is stopping. Try again.'));
    if (this.events + events.length > this.limits.maxEvents || this.bytes + bytes > this.limits.maxBytes) {
      return Promise.reject(serviceUnavailable('Too many events are waiting to be stored. Try again.'));
    }
    this.events += events.length;
    this.bytes += bytes;
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + this.limits.timeoutMs;
      const request = { deadline, outcomes: [], pending: events.length, resolve, reject };
      this.requests.add(request);
      this.watch();
      for (const [index, event] of events.entries())
        this.laneOf(event).waiting.push({ event, request, index, queued: true });
      for (const lane of this.lanes) if (!lane.busy && lane.waiting.length > 0) void this.run(lane);
    });
  }

  /** Takes nothing more; resolves when everything that waits has its answer. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.lanes.some((lane) => lane.busy)) await new Promise<void>((resolve) => this.idle.push(resolve));
    clearTimeout(this.watchdog);
  }

  private laneOf({ sessionId }: NewEvent): Lane {
    if (this.lanes.length === 1) return this.lanes[0]!;
    let hash = 0;
    for (let index = 0; index < sessionId.length; index += 1)
      hash = (hash * 31 + sessionId.charCodeAt(index)) | 0;
    return this.lanes[Math.abs(hash % this.lanes.length)]!;
  }

  private async run(lane: Lane): Promise<void> {
    lane.busy = true;
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, batchLength(lane.waiting));
      const wanted = batch.filter(({ request }) => this.requests.has(request));
      await this.storer.storeAll(wanted.map((entry) => this.attempt(entry)));
      for (const entry of batch) this.release(entry);
    }
    lane.busy = false;
    if (this.lanes.every(({ busy }) => !busy)) for (const resolve of this.idle.splice(0)) resolve();
  }

  private attempt(entry: Entry): Attempt {
    const { event, request, index } = entry;
    return {
      event,
      deadline: request.deadline,
      settle: (outcome) => {
        this.release(entry);
        request.outcomes[index] = outcome;
        request.pending -= 1;
        if (request.pending === 0 && this.requests.delete(request)) request.resolve(request.outcomes);
      },
      fail: (error) => {
        this.release(entry);
        if (this.requests.delete(request)) request.reject(error);
      },
    };
  }

  /** Before its caller hears of it: what is answered waits no more. */
  private release(entry: Entry): void {
    if (!entry.queued) return;
    entry.queued = false;
    this.events -= 1;
    this.bytes -= entry.event.size;
  }

  /** Has one timer running while there are requests, for the first that can be late. */
  private watch(): void {
    if (this.watchdog !== undefined) return;
    const [first] = this.requests;
    if (first === undefined) return;
    this.watchdog = setTimeout(() => this.expire(), Math.max(1, first.deadline - Date.now())).unref();
  }

  private expire(): void {
    this.watchdog = undefined;
    const now = Date.now();
    for (const request of this.requests) {
      if (request.deadline > now) break;
      this.requests.delete(request);
      request.reject(
        serviceUnavailable('Storing took too long; it may or may not have happened. Try again.'),
      );
    }
    this.watch();
  }
}

/** How many of those that wait make the next batch. */
function batchLength(waiting: readonly Entry[]): number {
  let bytes = 0;
  let length = 0;
  for (const { event } of waiting) {
    bytes += event.size;
    if (length === maxBatchEvents || (length > 0 && bytes > maxBatchBytes)) break;
    length += 1;
  }
  return length;
}
