import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { JournalFile } from './journal-file';
import { decodeRecords, encodeRecord, JournalRecord, saltLength } from './journal-record';
import { Change } from './lmdb';

const names = ['journal.1', 'journal.2'] as const;

/**
 * The commits that the tables do not have yet, on disk. Two files in turn: while a checkpoint brings the commits of one
 * into the tables, new ones go to the other.
 */
export class Journal {
  private readonly files: (JournalFile | null)[] = [null, null];
  private active = 0;
  private salt = randomBytes(saltLength);
  /** Files of an earlier process, which hold commits until `clear`. */
  private left: string[];

  constructor(private readonly folder: string) {
    this.left = names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  }

  /**
   * The commits after `commit` that a process which ended without closing has left, in their order.
   * @param atLeast a commit that must be among them, where it is a later one
   * @throws Error where some are missing that later ones, or what is in the tables, were built on
   */
  readLeft(commit: number, atLeast: number): JournalRecord[] {
    const records = this.left
      .map((path) => [...decodeRecords(readFileSync(path))].filter((record) => record.commit > commit))
      .filter((filling) => filling.length > 0)
      .sort(([a], [b]) => a!.commit - b!.commit)
      .flat();
    const last = Math.max(atLeast, records.at(-1)?.commit ?? 0);
    for (let expected = commit + 1; expected <= last; expected++) {
      if (records[expected - commit - 1]?.commit === expected) continue;
      throw new Error(
        `The journal in the data folder is damaged: of its commits up to ${last}, ${expected} is missing.`,
      );
    }
    return records;
  }

  /**
   * Resolves when the commit is on disk.
   * @throws the system's error; then nothing of it is in the journal
   */
  async append(commit: number, changes: readonly Change[]): Promise<void> {
    if (this.left.length > 0) throw new Error('what an earlier process has left is still in the journal');
    const file = (this.files[this.active] ??= await JournalFile.create(
      join(this.folder, names[this.active]!),
    ));
    await file.append(encodeRecord(commit, this.salt, changes));
  }

  /** Further commits go to the other file, over those that it has: they must be in the tables by now. */
  turn(): void {
    this.active = 1 - this.active;
    this.salt = randomBytes(saltLength);
    this.restart(this.active);
  }

  /** All commits are in the tables; with that, a journal that has failed may be trusted again. */
  clear(): void {
    for (const path of this.left.splice(0)) rmSync(path, { force: true });
    this.salt = randomBytes(saltLength);
    for (const index of names.keys()) this.restart(index);
  }

  /** Closes the files. Those whose commits are in the tables are removed. */
  close(isCleared: boolean): void {
    for (const file of this.files) {
      if (isCleared) file?.remove();
      else file?.close();
    }
  }

  private restart(index: number): void {
    const file = this.files[index];
    if (file?.isBroken) {
      this.files[index] = null;
      file.remove();
    } else file?.restart();
  }
}
