import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log';
import { Event } from '../../store/event.model';
import type { LiveReads, StoredPlace } from '../../store/live-reads';
import { sizeOfRows } from '../../store/row-size';

/** The maximum number of commands in flight, so that a crowd that reconnects leaves connections for writers. */
const maxReads = 8;
const retryMs = 500;

/** Events in stored order without gaps, and their approximate size in memory. */
export interface CatchUpPage {
  readonly events: readonly Event[];
  readonly bytes: number;
}

/** Reads pages of events for subscribers that are behind. Equal pages requested at the same time share a command. */
export class CatchUp {
  private readonly pending = new Map<string, Promise<CatchUpPage>>();
  private readonly queue: (() => void)[] = [];
  private reading = 0;

  constructor(
    private readonly reads: LiveReads,
    private readonly log: Log,
  ) {}

  /**
   * At most `limit` events after the place. Waits while the database is unavailable; never rejects.
   */
  read(place: StoredPlace, limit: number): Promise<CatchUpPage> {
    const key = `${place.sessionId} ${place.position} ${limit}`;
    let page = this.pending.get(key);
    if (page === undefined) {
      page = this.readPage(place, limit).finally(() => this.pending.delete(key));
      this.pending.set(key, page);
    }
    return page;
  }

  private async readPage(place: StoredPlace, limit: number): Promise<CatchUpPage> {
    for (;;) {
      try {
        const rows = await this.inTurn(() => this.reads.eventsBeyond([place], limit));
        // On a sharded cluster a later event can become visible before an earlier one.
        const gap = rows.findIndex(({ position }, index) => position !== place.position + 1 + index);
        const inOrder = gap < 0 ? rows : rows.slice(0, gap);
        return { events: inOrder.map((row) => new Event(row)), bytes: sizeOfRows(inOrder) };
      } catch (error) {
        this.log.debug({ err: error }, 'events for subscribers cannot be read, retrying');
        await sleep(retryMs);
      }
    }
  }

  private async inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    if (this.reading >= maxReads) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.reading += 1;
    try {
      return await read();
    } finally {
      this.reading -= 1;
      this.queue.shift()?.();
    }
  }
}
