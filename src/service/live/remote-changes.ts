import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log';
import { hasNoChangeStreams, watchChanges, type StoredChange } from '../../store/change-stream';
import type { Store } from '../../store/store';

/** Before a change stream that has failed is opened again. */
const reopenMs = 1_000;

/**
 * How often all watched sessions are looked at: where nothing else tells of others' changes in time, and behind what does.
 * The stream of a sharded cluster does not: a router holds each change back until every shard has got as far, and a shard
 * to which nobody writes says so every ten seconds only
 * (https://www.mongodb.com/docs/manual/administration/change-streams-production-recommendations/).
 */
const pollMs = 750;
const safetyPollMs = 5_000;

/** What is done with others' changes. */
export interface ChangeHandler {
  onChange(change: StoredChange): void;
  /** Anything may have happened. */
  onUnknown(): void;
}

/**
 * Tells of what other processes commit: by one change stream where the database has them, and by looking at all that is
 * watched every now and then, which is also what makes up for a wake-up that was lost.
 */
export class RemoteChanges {
  private stop: AbortController | null = null;
  private pollTimer: NodeJS.Timeout | undefined;
  private isStreaming = false;
  private hasFailed = false;

  constructor(
    private readonly store: Store,
    private readonly handler: ChangeHandler,
    /** Whether any other process can write to this database. */
    private readonly isShared: boolean,
    private readonly log: Log,
  ) {}

  start(): void {
    if (this.stop !== null) return;
    this.stop = new AbortController();
    this.isStreaming = !this.isShared;
    if (this.isShared) void this.stream(this.stop.signal);
    this.poll();
  }

  close(): void {
    this.stop?.abort();
    this.stop = null;
    clearTimeout(this.pollTimer);
  }

  private poll(): void {
    clearTimeout(this.pollTimer);
    this.pollTimer = setTimeout(
      () => {
        this.handler.onUnknown();
        this.poll();
      },
      this.isStreaming && !this.store.isSharded ? safetyPollMs : pollMs,
    ).unref();
  }

  private async stream(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const change of watchChanges(this.store, signal)) this.take(change);
      } catch (error) {
        if (signal.aborted) return;
        this.isStreaming = false;
        this.poll();
        if (hasNoChangeStreams(error)) {
          this.log.info(
            { reason: (error as Error).message },
            'no change streams: watched sessions are polled',
          );
          return;
        }
        this.noteFailure(error);
        await sleep(reopenMs);
      }
    }
  }

  /** One line for a database that is away, however often it is tried. */
  private noteFailure(error: unknown): void {
    const level = this.hasFailed ? 'debug' : 'warn';
    this.hasFailed = true;
    this.log[level]({ err: error }, 'the change stream has failed and is opened again');
  }

  private take(change: StoredChange | null): void {
    if (!this.isStreaming) {
      this.isStreaming = true;
      this.hasFailed = false;
      // What was committed before the stream began.
      this.handler.onUnknown();
      this.poll();
    }
    if (change !== null) this.handler.onChange(change);
  }
}
