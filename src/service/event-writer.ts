import { serviceUnavailable } from '../errors';
import type { EventQueue } from '../measurements';
import type { NewEvent } from '../store/event-batch';
import type { TracedOperation, Tracing } from '../tracing';
import type { Persistence } from './event-batch-run';
import type { BatchStorer } from './event-batch-storer';
import type { AddOutcome, Attempt } from './event-outcome';
import { writeTimedOut } from './refusals';

/** The limits of a writer. */
export interface EventWriterLimits {
  /** Transactions in flight. A session's events always go through the same lane. */
  readonly lanes: number;
  /** Events and bytes that may be queued or in flight; more are refused. */
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** How long a request may wait, in milliseconds. */
  readonly timeoutMs: number;
}

/** An event with its size in the queue, in bytes. */
export interface SizedEvent extends NewEvent {
  readonly size: number;
}

/** One caller's events and their outcomes so far. */
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

/** A queue whose batches run one after the other. */
interface Lane {
  readonly waiting: Entry[];
  busy: boolean;
  /** The held session that the lane is for; null for a shared lane. */
  readonly sessionId: string | null;
}

const maxBatchEvents = 1000;
/** As JSON. BSON can be almost eight times as large ([-0,-0,…]), and a MongoDB command must stay below 16 MiB. */
const maxBatchBytes = 2 * 1024 * 1024;

/**
 * Stores the events of all requests. Events that arrive together share a transaction: while one is in flight, the next
 * batch gathers. A lone request does not wait.
 */
export class EventWriter {
  private readonly lanes: readonly Lane[];
  /** Lanes of held sessions with queued events, so that no other session waits for them. */
  private readonly heldLanes = new Map<string, Lane>();
  /** Pending requests; the first has the earliest deadline. */
  private readonly requests = new Set<WriteRequest>();
  private events = 0;
  private bytes = 0;
  private watchdog: NodeJS.Timeout | undefined;
  /** The number of busy lanes. */
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
   * Stores events and returns their outcomes in the same order. `stored` events are on the disks of a majority.
   * @throws SERVICE_UNAVAILABLE if the queue is full, time is up or the server is stopping; some may be stored then
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

  /** What is queued or in flight. */
  queue(): EventQueue {
    const [first] = this.requests;
    const ageMs = first === undefined ? 0 : Date.now() - (first.deadline - this.limits.timeoutMs);
    return { events: this.events, bytes: this.bytes, ageMs };
  }

  /** Accepts no more events; resolves when all queued ones are settled. */
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
    // Events that arrive in the same turn of the event loop join the batch; nothing waits longer.
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

  /** Removes the entry from the queue's size, before its caller is answered. */
  private release({ event }: Entry): void {
    this.events -= 1;
    this.bytes -= event.size;
  }

  /** Keeps one timer running while requests are pending, for the earliest deadline. */
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
      request.reject(writeTimedOut());
    }
    this.watch();
  }
}

function newLane(sessionId: string | null): Lane {
  return { waiting: [], busy: false, sessionId };
}

/** The size of the next batch, in entries. */
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
