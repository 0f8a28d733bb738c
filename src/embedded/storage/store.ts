import { Journal } from './journal';
import { Change, Environment, Reader, Snapshot, writeChanges, Writer } from './lmdb';
import { Overlay, RecentWrites } from './recent-writes';

// catalog: the last commit that the tables have as a whole, and the one up to which a checkpoint has begun to give them
// what is in the journal: where it is later, the tables may have a part of what came between.
const appliedKey = Buffer.from('!applied');
const applyingKey = Buffer.from('!applying');

function mark(key: Buffer, commit: number): Change {
  const value = Buffer.allocUnsafe(8);
  value.writeDoubleBE(commit);
  return { table: 'catalog', key, value };
}

/** A checkpoint begins at so many keys. */
const usualKeys = 24_000;
/** It hands them to LMDB in so many pieces: each one keeps the thread for a few milliseconds. */
const piecesOfCheckpoint = 12;
const bytesOfCheckpoint = 8 * 2 ** 20;
/** A group that is larger goes into the tables at once: its keys share pages, the journal would only write it twice. */
const mostJournaledKeys = 2_000;
const mostJournaledBytes = 2 ** 20;
/** Beyond this, writes are refused where a checkpoint fails. */
const mostRecentBytes = 64 * 2 ** 20;
/** So much may gather while a checkpoint runs; then writes wait for it. */
const mostCheckpointsAhead = 3;
const idleMilliseconds = 1000;
const retryMilliseconds = 5000;

export interface StoreOptions {
  /** Told when a checkpoint has failed; it will be tried again. */
  readonly onFailure: (error: unknown) => void;
  /** At how many keys a checkpoint begins; 24,000 by default. */
  readonly keysOfCheckpoint?: number;
}

/**
 * The tables with a journal in front. A commit is appended to the journal, which is one short write to disk, and kept in
 * memory; a checkpoint brings many commits into LMDB's trees at once, in the background. Writes come one at a time:
 * GroupCommit sees to that.
 */
export class Store {
  /** What commits are added to, and what a checkpoint is bringing into the tables, or has failed to. */
  private recent = new RecentWrites();
  private frozen: RecentWrites | null = null;
  /** Those that are not released, and what they show over the tables. */
  private readonly snapshots = new Map<Snapshot, readonly RecentWrites[]>();
  private checkpointing: Promise<void> | null = null;
  private failure: unknown = null;
  private retryAt = 0;
  private isWriting = false;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly environment: Environment,
    private readonly journal: Journal,
    /** The number of the latest commit. */
    public commit: number,
    private readonly onFailure: StoreOptions['onFailure'],
    private readonly keysOfCheckpoint = usualKeys,
  ) {}

  /**
   * Brings into the tables what a process that ended without closing has left in the journal.
   * @throws Error for a damaged journal
   */
  static async open(environment: Environment, folder: string, options: StoreOptions): Promise<Store> {
    const { onFailure, keysOfCheckpoint } = options;
    const tables = environment.snapshot();
    const commitAt = (key: Buffer) => tables.reader.get('catalog', key)?.readDoubleBE() ?? 0;
    const [applied, applying] = [commitAt(appliedKey), commitAt(applyingKey)];
    tables.release();
    const store = new Store(environment, new Journal(folder), applied, onFailure, keysOfCheckpoint);
    for (const { commit, changes } of store.journal.readLeft(applied, applying)) {
      store.recent.add(commit, changes);
      store.commit = commit;
    }
    // A disk without room does not keep what is there from being read.
    await store.applyAll().catch(onFailure);
    store.checkpointWhenIdle();
    return store;
  }

  /** The latest commit. */
  snapshot(): Snapshot {
    const base = this.environment.snapshot();
    const layers = this.layers.filter(({ isEmpty }) => !isEmpty);
    const over = (reader: Reader, layer: RecentWrites) => layer.over(reader, this.commit);
    const snapshot: Snapshot = {
      reader: layers.reduce(over, base.reader),
      release: () => {
        if (this.snapshots.delete(snapshot)) base.release();
      },
    };
    this.snapshots.set(snapshot, layers);
    return snapshot;
  }

  /** What old snapshots keep in memory that is in the tables by now, in bytes. */
  get keptBytes(): number {
    const kept = new Set([...this.snapshots.values()].flat());
    for (const layer of this.layers) kept.delete(layer);
    return [...kept].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Runs `body` with a writer over the latest commit and commits whatever it wrote, all or nothing. Resolved means on
   * disk. `body` must not throw.
   * @throws the disk's error; then nothing of it was written
   */
  write(body: (writer: Writer) => void): Promise<void> {
    return this.alone(async () => {
      // Before `body`, so that what it writes does not wait in memory too.
      const isAhead = this.recent.keys > mostCheckpointsAhead * this.keysOfCheckpoint;
      if (isAhead || this.isFull) await this.checkpointing;
      const snapshot = this.snapshot();
      const overlay = new Overlay(snapshot.reader);
      try {
        body(overlay);
      } finally {
        snapshot.release();
      }
      const changes = [...overlay.all()];
      const isLarge = changes.length > mostJournaledKeys || overlay.bytes > mostJournaledBytes;
      if (changes.length > 0) await this.put(changes, isLarge);
    });
  }

  /**
   * As `write`, for what may be too much for memory: past the journal, straight into the tables.
   * @throws LMDB's error when the commit failed; then nothing of it was written
   */
  writeThrough(body: (writer: Writer) => void): Promise<void> {
    return this.alone(async () => {
      await this.checkpointNow();
      await this.applyAll();
      await this.environment.write((writer) => {
        body(writer);
        writeChanges(writer, [mark(appliedKey, this.commit + 1)]);
      });
      this.commit += 1;
    });
  }

  /** Brings everything into the tables where the disk lets it; where not, the journal keeps it. */
  async close(): Promise<void> {
    // No timer begins a checkpoint any more.
    this.isWriting = true;
    let isApplied = true;
    try {
      await this.checkpointNow();
      await this.applyAll();
    } catch (error) {
      this.onFailure(error);
      isApplied = false;
    }
    clearTimeout(this.timer);
    this.journal.close(isApplied);
    await this.environment.close();
  }

  /** Keeps the timer from beginning a checkpoint between a commit's way into the journal and its way into memory. */
  private async alone(write: () => Promise<void>): Promise<void> {
    this.isWriting = true;
    try {
      await write();
    } finally {
      this.isWriting = false;
      this.checkpointWhenIdle();
    }
    if (this.recent.keys >= this.keysOfCheckpoint || this.recent.bytes >= bytesOfCheckpoint)
      this.checkpoint();
  }

  private async put(changes: readonly Change[], isLarge: boolean): Promise<void> {
    if (this.isFull && performance.now() < this.retryAt) throw this.failure;
    if (isLarge) await this.checkpointNow();
    const append = () => this.journal.append(this.commit + 1, changes).then(() => true);
    // Where the journal cannot take it, as on a full disk, the tables may have room.
    const isJournaled = !isLarge && !this.isFull && (await append().catch(() => false));
    if (!isJournaled) return this.applyAll(changes);
    this.commit += 1;
    this.recent.add(this.commit, changes);
  }

  /** What is committed and not in the tables, the older first. */
  private get layers(): RecentWrites[] {
    return this.frozen ? [this.frozen, this.recent] : [this.recent];
  }

  private get isFull(): boolean {
    return this.recent.bytes + (this.frozen?.bytes ?? 0) > mostRecentBytes;
  }

  /** Brings into the tables all that they do not have, and `changes` as a further commit, in one transaction. */
  private async applyAll(changes: readonly Change[] = []): Promise<void> {
    await this.checkpointing;
    const { layers } = this;
    if (changes.length > 0 || layers.some((layer) => !layer.isEmpty)) {
      const commit = changes.length > 0 ? this.commit + 1 : this.commit;
      // Of a key that is there more than once, the latest value comes last.
      const newest = layers.flatMap((layer) => [...layer.newest()]);
      await this.apply([...newest, ...changes, mark(appliedKey, commit)]);
      this.commit = commit;
      this.frozen = null;
      this.recent = new RecentWrites();
    }
    this.journal.clear();
  }

  private async apply(changes: Iterable<Change>): Promise<void> {
    try {
      await this.environment.apply(changes);
    } catch (error) {
      this.failure = error;
      this.retryAt = performance.now() + retryMilliseconds;
      throw error;
    }
  }

  private checkpoint(): void {
    if (this.checkpointing) return;
    if (performance.now() < this.retryAt) return this.checkpointWhenIdle();
    if (!this.frozen) {
      if (this.recent.isEmpty) return;
      this.frozen = this.recent;
      this.recent = new RecentWrites();
      this.journal.turn();
    }
    this.checkpointing = this.bringIn(this.frozen);
  }

  private async checkpointNow(): Promise<void> {
    await this.checkpointing;
    this.checkpoint();
    await this.checkpointing;
  }

  /**
   * In pieces, a transaction each. Nobody sees a part of them: who reads has the recent writes over the tables, and a
   * start after a crash gives all of them to the tables once more.
   */
  private async bringIn(frozen: RecentWrites): Promise<void> {
    const { lastCommit } = frozen;
    const changes = [mark(applyingKey, lastCommit), ...frozen.newest(), mark(appliedKey, lastCommit)];
    const keysAtOnce = Math.ceil(this.keysOfCheckpoint / piecesOfCheckpoint);
    try {
      for (let at = 0; at < changes.length; at += keysAtOnce)
        await this.apply(changes.slice(at, at + keysAtOnce));
      this.frozen = null;
    } catch (error) {
      this.onFailure(error);
    } finally {
      this.checkpointing = null;
      this.checkpointWhenIdle();
    }
  }

  private checkpointWhenIdle(): void {
    clearTimeout(this.timer);
    const delay = Math.max(idleMilliseconds, this.retryAt - performance.now());
    this.timer = setTimeout(() => {
      if (!this.isWriting) this.checkpoint();
    }, delay).unref();
  }
}
