import { serviceUnavailable } from '../errors';
import type { EventQueue } from '../measurements';
import type { NewEvent } from '../store/event-batch';
import type { TracedOperation, Tracing } from '../tracing';
import type { Persistence } from './event-batch-run';
import type { BatchStorer } from './event-batch-storer';
import type { AddOutcome, Attempt } from './event-outcome';
import { tooLate } from './refusals';

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
  readonly operation: TracedOperation;
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
}

/** Batches one after the other. */
interface Lane {
  readonly waiting: Entry[];
  busy: boolean;
  /** The one session that it is for, which someone else holds; null for a lane of many. */
  readonly sessionId: string | null;
}

const maxBatchEvents = 1000;
/** As JSON. BSON may take almost eight times as much ([-0,-0,…]); a MongoDB command has to stay below 16 MiB. */
const maxBatchBytes = 2 * 1024 * 1024;

/**
 * Stores the events of all requests, those that arrive together in one transaction: while one is in flight, the next
 * batch gathers. A lone request waits for nobody.
 */
export class EventWriter {
  private readonly lanes: readonly Lane[];
  /** Lanes of sessions that others hold for long, while they have something waiting: nobody else waits for those. */
  private readonly heldLanes = new Map<string, Lane>();
  /** Those without an answer; the first has the earliest deadline. */
  private readonly requests = new Set<WriteRequest>();
  private events = 0;
  private bytes = 0;
  private watchdog: NodeJS.Timeout | undefined;
  /** Lanes that are busy. */
  private running = 0;
  private closed = false;
  private readonly idle: (() => void)[] = [];

  constructor(
    private readonly storer: BatchStorer,
    private readonly limits: EventWriterLimits,
    private readonly tracing: Tracing | null = null,
  ) {
    this.lanes = Array.from({ length: limits.lanes }, () => newLane(null));
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
      const operation = this.tracing && this.tracing.current();
      const request = { deadline, operation, outcomes: [], pending: events.length, resolve, reject };
      this.requests.add(request);
      this.watch();
      const lanes = new Set<Lane>();
      for (const [index, event] of events.entries()) {
        const lane = this.laneOf(event);
        lane.waiting.push({ event, request, index });
        lanes.add(lane);
      }
      for (const lane of lanes) this.start(lane);
    });
  }

  /** What waits or is in flight at this moment. */
  queue(): EventQueue {
    const [first] = this.requests;
    const ageMs = first === undefined ? 0 : Date.now() - (first.deadline - this.limits.timeoutMs);
    return { events: this.events, bytes: this.bytes, ageMs };
  }

  /** Takes nothing more; resolves when everything that waits has its answer. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.running > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    clearTimeout(this.watchdog);
  }

  private laneOf({ sessionId }: NewEvent): Lane {
    const held = this.heldLanes.get(sessionId);
    if (held !== undefined) return held;
    if (this.lanes.length === 1) return this.lanes[0]!;
    let hash = 0;
    for (let index = 0; index < sessionId.length; index += 1)
      hash = (hash * 31 + sessionId.charCodeAt(index)) | 0;
    return this.lanes[Math.abs(hash % this.lanes.length)]!;
  }

  private start(lane: Lane): void {
    if (lane.busy) return;
    lane.busy = true;
    this.running += 1;
    // What arrived in this same turn of the event loop goes along; nothing is waited for.
    setImmediate(() => void this.run(lane));
  }

  private async run(lane: Lane): Promise<void> {
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, batchLength(lane.waiting));
      const mine = lane.sessionId === null ? batch.filter((entry) => !this.moveToHeld(entry)) : batch;
      await this.store(mine, lane.sessionId === null ? 'yield' : 'insist');
    }
    lane.busy = false;
    this.running -= 1;
    if (lane.sessionId !== null) this.heldLanes.delete(lane.sessionId);
    if (this.running === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private store(entries: readonly Entry[], persistence: Persistence): Promise<void> {
    const attempts = entries.map((entry) => this.attempt(entry));
    const { tracing } = this;
    if (tracing === null) return this.storer.storeAll(attempts, persistence);
    const operations = entries.map(({ request }) => request.operation);
    return tracing.runBatch(operations, () => this.storer.storeAll(attempts, persistence));
  }

  private moveToHeld(entry: Entry): boolean {
    const held = this.heldLanes.get(entry.event.sessionId);
    held?.waiting.push(entry);
    return held !== undefined;
  }

  private postpone(entry: Entry): void {
    const { sessionId } = entry.event;
    const lane = this.heldLanes.get(sessionId) ?? newLane(sessionId);
    this.heldLanes.set(sessionId, lane);
    lane.waiting.push(entry);
    this.start(lane);
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
      postpone: () => this.postpone(entry),
    };
  }

  /** Before its caller hears of it: what is answered waits no more. */
  private release({ event }: Entry): void {
    this.events -= 1;
    this.bytes -= event.size;
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
      request.reject(tooLate());
    }
    this.watch();
  }
}

function newLane(sessionId: string | null): Lane {
  return { waiting: [], busy: false, sessionId };
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
