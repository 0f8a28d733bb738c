import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log';
import { hasNoChangeStreams, watchChanges, type StoredChange } from '../../store/change-stream';
import type { Store } from '../../store/store';

/** The pause before a failed change stream is opened again. */
const reopenMs = 1_000;

/**
 * How often all watched sessions are polled: without a timely change stream, and as a safety net beside one. The stream of
 * a sharded cluster is not timely: a router holds each change back until every shard has reached its time, and an idle
 * shard reports that only every ten seconds
 * (https://www.mongodb.com/docs/manual/administration/change-streams-production-recommendations/).
 */
const pollMs = 750;
const safetyPollMs = 5_000;

/** Handles changes by other processes. */
export interface ChangeHandler {
  onChange(change: StoredChange): void;
  /** Changes may have been missed. */
  onUnknown(): void;
}

/**
 * Reports commits of other processes: by one change stream, if the database has them, and by polling all watched
 * sessions, which also makes up for lost wake-ups.
 */
export class RemoteChanges {
  private stop: AbortController | null = null;
  private pollTimer: NodeJS.Timeout | undefined;
  private isStreaming = false;
  private hasFailed = false;

  constructor(
    private readonly store: Store,
    private readonly handler: ChangeHandler,
    /** Whether other processes can write to this database. */
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

  /** Warns once per outage, however often the stream is opened. */
  private noteFailure(error: unknown): void {
    const level = this.hasFailed ? 'debug' : 'warn';
    this.hasFailed = true;
    this.log[level]({ err: error }, 'the change stream failed and is opened again');
  }

  private take(change: StoredChange | null): void {
    if (!this.isStreaming) {
      this.isStreaming = true;
      this.hasFailed = false;
      // For commits from before the stream began.
      this.handler.onUnknown();
      this.poll();
    }
    if (change !== null) this.handler.onChange(change);
  }
}
