import type { EngineLog } from '../engine';
import { forgetGarbage, readGarbage } from './catalog';
import { GroupCommit, WriteGroup } from './group-commit';
import { endOf, prefixOf } from './keys';
import { Entry } from './lmdb';

/** Keys removed in one commit: few enough that the writes which wait for it do not notice. */
const keysAtOnce = 2000;

/** Removes what dropped collections and indexes have stored, a little in each commit. */
export class GarbageCollector {
  private sweeping: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly groups: GroupCommit,
    private readonly log: EngineLog,
  ) {}

  /** Something was dropped. */
  wake(): void {
    this.sweeping ??= this.sweep().finally(() => (this.sweeping = null));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.sweeping;
  }

  private async sweep(): Promise<void> {
    try {
      while (!this.stopped && (await this.groups.submit(sweepSome))) {
        // The next piece.
      }
    } catch (error) {
      this.log.error('what was dropped could not be removed from disk; it will be tried again', error);
    }
  }
}

/** @returns whether there may be more */
function sweepSome({ reader, writer }: WriteGroup): boolean {
  let room = keysAtOnce;
  for (const id of readGarbage(reader)) {
    for (const table of ['documents', 'indexes'] as const) {
      const keys = [...firstKeys(reader.range(table, prefixOf(id), endOf(id)), room)];
      for (const key of keys) writer.remove(table, key);
      room -= keys.length;
      if (room === 0) return true;
    }
    forgetGarbage(writer, id);
  }
  return false;
}

function* firstKeys(entries: Iterable<Entry>, count: number): Generator<Buffer> {
  let left = count;
  for (const { key } of entries) {
    yield key;
    if (--left === 0) return;
  }
}
