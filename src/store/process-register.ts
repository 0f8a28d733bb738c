import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { Log } from '../log';
import { beatMs, OtherProcesses, processRows, type ProcessRow } from './process-rows';
import type { Store } from './store';

/** Through a router it waits for each server of the cluster, also for one that does not answer. */
const killTimeoutMs = 2_000;
/** Leaving takes milliseconds; each command to a database that is away would take seconds. */
const closeTimeoutMs = 1_000;
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
  /** The server sessions of this process, and those of them that its row has for certain. */
  private readonly used = new Map<string, mongo.Binary>();
  private readonly known = new Set<string>();
  /** Sessions of this process whose connection broke: their transactions may still be open. */
  private readonly abandoned = new Map<string, mongo.Binary>();
  private readonly others: OtherProcesses;
  private beats = 0;
  private lastUse = 0;
  private isWatching = false;
  private beating: Promise<void> = Promise.resolve();
  private writing: Promise<void> = Promise.resolve();
  private nextWrite: Promise<void> | null = null;
  private killing: Promise<void> | null = null;
  /** Aborted when the transactions of a dead process have been ended. */
  private freed = new AbortController();
  private isClosed = false;

  constructor(
    private readonly store: Store,
    private readonly log: Log,
  ) {
    this.rows = processRows(store);
    this.others = new OtherProcesses(this.rows, this.id);
  }

  /** Whether the others know that this process uses the session; this counts as a use. */
  knows(session: mongo.ClientSession): boolean {
    this.lastUse = performance.now();
    return this.known.has(keyOf(session));
  }

  /**
   * Tells the others of the sessions. To be awaited before their first transaction.
   * @throws the driver's errors
   */
  async add(sessions: readonly mongo.ClientSession[]): Promise<void> {
    for (const session of sessions) this.used.set(keyOf(session), session.id!.id);
    await this.write();
    for (const session of sessions) this.known.add(keyOf(session));
    this.watch();
  }

  /** Resolves after so many milliseconds, or when what a dead process held has been freed. */
  async pause(ms: number): Promise<void> {
    // Whoever waits for a session has one in use.
    this.lastUse = performance.now();
    await sleep(ms, undefined, { signal: this.freed.signal }).catch(() => undefined);
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

  /** Leaves the register; where the database is unavailable, the others soon see that nobody beats there. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.race([this.finish(), sleep(closeTimeoutMs, undefined, { ref: false })]);
  }

  private async finish(): Promise<void> {
    await this.beating;
    await this.killing;
    await this.leave().catch(() => undefined);
  }

  private async beatUntilIdle(): Promise<void> {
    // At once, so that from here on a process that lives is seen to beat.
    this.beating = this.quietly(this.look());
    for (;;) {
      await this.beating;
      await sleep(beatMs, undefined, { ref: false });
      if (this.isClosed) return;
      if (performance.now() - this.lastUse > idleAfterMs) break;
      this.beating = this.quietly(this.beat());
    }
    this.isWatching = false;
    this.beating = this.quietly(this.leave());
  }

  /** Where it fails the database is unavailable, and whoever writes is told so. */
  private quietly(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) =>
      this.log.debug({ err: error }, 'could not look after other processes'),
    );
  }

  private async beat(): Promise<void> {
    await Promise.all([this.used.size > 0 && this.write(), this.look()]);
  }

  /** Writes the row. One write after the other, so that none takes back what a later one said; those that wait are one. */
  private write(): Promise<void> {
    this.nextWrite ??= this.writing.then(() => {
      this.nextWrite = null;
      return this.writeRow();
    });
    this.writing = this.nextWrite.catch(() => undefined);
    return this.nextWrite;
  }

  private async writeRow(): Promise<void> {
    this.beats += 1;
    await this.rows.updateOne(
      { _id: this.id },
      { $set: { sessions: [...this.used.values()], beats: this.beats } },
      { upsert: true },
    );
  }

  /** Removes the row. A session that is used again has to be added again. */
  private leave(): Promise<void> {
    this.used.clear();
    this.known.clear();
    const leaving = this.writing.then(async () => {
      if (this.beats > 0) await this.rows.deleteOne({ _id: this.id });
    });
    this.writing = leaving.catch(() => undefined);
    return leaving;
  }

  private async look(): Promise<void> {
    const dead = await this.others.findDead();
    // Not awaited: where a server of the cluster does not answer it takes a while, and this process has to go on beating.
    if (dead.length > 0 || this.abandoned.size > 0)
      this.killing ??= this.endTransactions(dead).finally(() => (this.killing = null));
  }

  /** Never rejects. What fails is tried again after the next look. */
  private async endTransactions(dead: readonly ProcessRow[]): Promise<void> {
    await this.quietly(this.killAbandoned());
    for (const row of dead) await this.quietly(this.bury(row));
  }

  private async bury({ _id, sessions, beats }: ProcessRow): Promise<void> {
    await this.kill(sessions);
    this.freed.abort();
    this.freed = new AbortController();
    this.log.warn({ process: _id, sessions: sessions.length }, 'ended what a dead server process left open');
    await this.rows.deleteOne({ _id, beats });
  }

  private async killAbandoned(): Promise<void> {
    const sessions = new Map(this.abandoned);
    await this.kill([...sessions.values()]);
    for (const key of sessions.keys()) {
      this.used.delete(key);
      this.known.delete(key);
      this.abandoned.delete(key);
    }
  }

  private async kill(sessions: readonly mongo.Binary[]): Promise<void> {
    // An empty list would mean all sessions of the user.
    if (sessions.length === 0) return;
    const command = { killSessions: sessions.map((id) => ({ id })), maxTimeMS: killTimeoutMs };
    await this.store.client.db('admin').command(command);
  }
}

function keyOf(session: mongo.ClientSession): string {
  return session.id!.id.toString('hex');
}
