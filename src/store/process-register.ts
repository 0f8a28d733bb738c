import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { Log } from '../log';
import type { Store } from './store';

/** A server process that writes, as the others see it. Not part of the API. */
interface ProcessRow {
  readonly _id: string;
  /** The server sessions in which it runs transactions. */
  readonly sessions: readonly mongo.Binary[];
  /** Grows while the process lives. Compared with itself only: no clock of another machine is trusted. */
  readonly beats: number;
}

/** When another process was first seen with its present number of beats, in milliseconds of performance.now(). */
interface Observation {
  readonly beats: number;
  readonly since: number;
}

const beatMs = 750;
/** Without a beat for so long, a process counts as dead. A mistake costs it one rerun of a transaction. */
const deadAfterMs = 2_500;
/** A process that has written nothing for so long leaves the register: an idle server writes nothing. */
const idleAfterMs = 10_000;

/**
 * Frees what killed processes leave behind. MongoDB keeps the transaction of a client that has vanished, and with it
 * the sessions it wrote to, until transactionLifetimeLimitSeconds (60 by default) have passed. So every process that
 * writes says in the database which server sessions it uses, and that it lives; when it falls silent, the others end
 * its transactions with `killSessions`, which every user may do to sessions of its own
 * (https://www.mongodb.com/docs/manual/reference/command/killSessions/).
 */
export class ProcessRegister {
  private readonly id = randomUUID();
  private readonly rows: mongo.Collection<ProcessRow>;
  private readonly known = new Map<string, mongo.Binary>();
  /** Sessions of this process whose connection broke: their transactions may still be open. */
  private readonly abandoned = new Map<string, mongo.Binary>();
  private readonly observed = new Map<string, Observation>();
  private beats = 0;
  private lastUse = 0;
  private lastSweep = 0;
  private registration: Promise<void> | null = null;
  private isWatching = false;
  private beating: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(
    private readonly store: Store,
    private readonly log: Log,
  ) {
    this.rows = store.database.collection<ProcessRow>('processes');
  }

  /** Whether the others know that this process uses the session; this counts as a use. */
  knows(session: mongo.ClientSession): boolean {
    this.lastUse = performance.now();
    return this.isWatching && this.known.has(keyOf(session));
  }

  /**
   * Tells the others of the session. To be awaited before its first transaction.
   * @throws the driver's errors
   */
  async add(session: mongo.ClientSession): Promise<void> {
    const key = keyOf(session);
    this.known.set(key, session.id!.id);
    try {
      // What is under way may have been written without this session, or may remove the whole row.
      if (this.registration !== null) await this.registration.catch(() => undefined);
      else if (!this.isWatching) await this.beating;
      this.registration ??= this.write().finally(() => (this.registration = null));
      await this.registration;
    } catch (error) {
      this.known.delete(key);
      throw error;
    }
    this.watch();
  }

  /** Ends what the session may have left open, soon, and forgets it. */
  abandon(session: mongo.ClientSession): void {
    this.abandoned.set(keyOf(session), session.id!.id);
  }

  /** Looks after dead processes for a while, because this one is about to write where they may stand in the way. */
  watch(): void {
    this.lastUse = performance.now();
    if (this.isWatching || this.isClosed) return;
    this.isWatching = true;
    void this.beatUntilIdle();
  }

  /** Leaves the register. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.beating;
    if (this.beats > 0) await this.rows.deleteOne({ _id: this.id }).catch(() => undefined);
  }

  private async beatUntilIdle(): Promise<void> {
    while (this.isWatching) {
      await sleep(beatMs, undefined, { ref: false });
      if (this.isClosed) return;
      this.isWatching = performance.now() - this.lastUse <= idleAfterMs;
      // Where it fails the database is unavailable, and whoever writes is told so.
      this.beating = (this.isWatching ? this.beat() : this.leave()).catch((error: unknown) =>
        this.log.debug({ err: error }, 'could not look after other processes'),
      );
      await this.beating;
    }
  }

  private async beat(): Promise<void> {
    if (this.known.size > 0) await this.write();
    await this.sweep();
    await this.killAbandoned();
  }

  private async leave(): Promise<void> {
    this.observed.clear();
    await this.rows.deleteOne({ _id: this.id });
  }

  private async write(): Promise<void> {
    this.beats += 1;
    await this.rows.updateOne(
      { _id: this.id },
      { $set: { sessions: [...this.known.values()], beats: this.beats } },
      { upsert: true },
    );
  }

  private async sweep(): Promise<void> {
    const others = await this.rows
      .find({ _id: { $ne: this.id } }, { readPreference: 'primary', maxTimeMS: deadAfterMs })
      .toArray();
    const now = performance.now();
    // After a pause, of this process or of the database, nobody can be said to have been silent meanwhile.
    if (now - this.lastSweep > 2 * beatMs) this.observed.clear();
    this.lastSweep = now;
    const present = new Set(others.map(({ _id }) => _id));
    for (const id of this.observed.keys()) if (!present.has(id)) this.observed.delete(id);
    for (const row of others) if (this.isSilent(row, now)) await this.bury(row);
  }

  private isSilent({ _id, beats }: ProcessRow, now: number): boolean {
    const observation = this.observed.get(_id);
    if (observation?.beats === beats) return now - observation.since >= deadAfterMs;
    this.observed.set(_id, { beats, since: now });
    return false;
  }

  private async bury({ _id, sessions, beats }: ProcessRow): Promise<void> {
    this.log.warn({ process: _id, sessions: sessions.length }, 'ending what a dead server process left open');
    await this.kill(sessions);
    await this.rows.deleteOne({ _id, beats });
    this.observed.delete(_id);
  }

  private async killAbandoned(): Promise<void> {
    if (this.abandoned.size === 0) return;
    await this.kill([...this.abandoned.values()]);
    for (const key of this.abandoned.keys()) this.known.delete(key);
    this.abandoned.clear();
  }

  private async kill(sessions: readonly mongo.Binary[]): Promise<void> {
    await this.store.client.db('admin').command({ killSessions: sessions.map((id) => ({ id })) });
  }
}

function keyOf(session: mongo.ClientSession): string {
  return session.id!.id.toString('hex');
}
