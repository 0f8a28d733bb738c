import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { Change, tableNames } from './lmdb';

// record: length of the entries u32, CRC-32 of all that follows u32, salt (8), commit f64, entries
// entry:  table u8, length of the key u16, length of the value u32 or `removed`, key, value
const headerLength = 24;
const entryHeaderLength = 7;
const checkedFrom = 8;
const removed = 0xffffffff;

const saltLength = 8;

/** Made once: a commit waits for it. */
const flush = promisify((descriptor: number, done: fs.NoParamCallback) => fs.fdatasync(descriptor, done));

/** One commit as the journal holds it. */
export interface JournalRecord {
  readonly commit: number;
  readonly salt: Buffer;
  readonly changes: readonly Change[];
}

/** @param salt the same for all records of one filling of a file: tells them from those of the filling before */
export function encodeRecord(commit: number, salt: Buffer, changes: readonly Change[]): Buffer {
  let length = 0;
  for (const { key, value } of changes) length += entryHeaderLength + key.length + (value?.length ?? 0);
  const record = Buffer.allocUnsafe(headerLength + length);
  record.writeUInt32BE(length, 0);
  record.set(salt, checkedFrom);
  record.writeDoubleBE(commit, checkedFrom + saltLength);
  let position = headerLength;
  for (const { table, key, value } of changes) {
    record[position] = tableNames.indexOf(table);
    record.writeUInt16BE(key.length, position + 1);
    record.writeUInt32BE(value ? value.length : removed, position + 3);
    position += entryHeaderLength;
    record.set(key, position);
    position += key.length;
    if (!value) continue;
    record.set(value, position);
    position += value.length;
  }
  record.writeUInt32BE(crc32(record.subarray(checkedFrom)), 4);
  return record;
}

/**
 * The commits at the beginning of a journal's file: up to the first that is torn, damaged or of an earlier filling. Every
 * commit is one more than the one before it.
 */
export function* decodeRecords(file: Buffer): Generator<JournalRecord> {
  let last: JournalRecord | null = null;
  for (let position = 0; position + headerLength < file.length;) {
    const end = position + headerLength + file.readUInt32BE(position);
    const record = file.subarray(position, end);
    position = end;
    const isWhole = end <= file.length && record.length > headerLength;
    if (!isWhole || crc32(record.subarray(checkedFrom)) !== record.readUInt32BE(4)) return;
    const salt = record.subarray(checkedFrom, checkedFrom + saltLength);
    const commit = record.readDoubleBE(checkedFrom + saltLength);
    if (last && !(salt.equals(last.salt) && commit === last.commit + 1)) return;
    yield (last = { commit, salt, changes: changesOf(record) });
  }
}

function changesOf(record: Buffer): Change[] {
  const changes: Change[] = [];
  for (let position = headerLength; position < record.length;) {
    const table = tableNames[record[position]!]!;
    const keyAt = position + entryHeaderLength;
    const valueAt = keyAt + record.readUInt16BE(position + 1);
    const valueLength = record.readUInt32BE(position + 3);
    position = valueAt + (valueLength === removed ? 0 : valueLength);
    const value = valueLength === removed ? null : record.subarray(valueAt, position);
    changes.push({ table, key: record.subarray(keyAt, valueAt), value });
  }
  return changes;
}

/** A file grows by this many bytes of zeros at once: writing over what is there costs a flush half as much. */
const growth = 256 * 1024;
const zeros = Buffer.alloc(growth);
/** Kept free behind the last record, so that on a full disk what is small, a delete above all, can still be written. */
const reserve = 64 * 1024;
const smallRecord = 16 * 1024;
/** A file that has become longer gives its room back when it is begun again. */
const longestKept = 32 * 2 ** 20;

/** A file that records are appended to, each of them on disk before the next one comes. Made with the first one. */
class JournalFile {
  private descriptor: number | null = null;
  private end = 0;
  private length = 0;
  /** Whether a flush has failed: what the system then still holds for written may never reach the disk. */
  private isBroken = false;

  constructor(private readonly path: string) {}

  /**
   * Resolves when the record is on disk.
   * @throws the system's error; then nothing of the record is left in the file
   */
  async append(record: Buffer): Promise<void> {
    if (this.isBroken) throw new Error('an earlier write has failed');
    this.descriptor ??= await createFile(this.path);
    await this.makeRoom(this.descriptor, record.length);
    let isWritten = false;
    try {
      await writeWhole(this.descriptor, record, this.end);
      isWritten = true;
      await flush(this.descriptor);
    } catch (error) {
      this.isBroken ||= isWritten;
      this.cut(this.end);
      throw error;
    }
    this.end += record.length;
  }

  /** Begins again at the start, over what is there; where it has failed, with a new file. */
  restart(): void {
    this.end = 0;
    if (this.isBroken) this.close(true);
    else if (this.length > longestKept) this.cut(0);
  }

  close(isRemoved: boolean): void {
    if (this.descriptor === null) return;
    if (isRemoved) fs.rmSync(this.path, { force: true });
    fs.closeSync(this.descriptor);
    this.descriptor = null;
    this.length = 0;
    this.isBroken = false;
  }

  /** @throws the system's error where there is none */
  private async makeRoom(descriptor: number, length: number): Promise<void> {
    const needed = this.end + length;
    try {
      while (this.length < needed + reserve) {
        await writeWhole(descriptor, zeros, this.length);
        this.length += growth;
      }
    } catch (error) {
      this.cut(this.length);
      if (length > smallRecord || needed > this.length) throw error;
    }
  }

  private cut(length: number): void {
    try {
      fs.ftruncateSync(this.descriptor!, length);
      this.length = length;
    } catch {
      this.isBroken = true;
    }
  }
}

/** Makes an empty file, and its name in the folder, both on disk. */
async function createFile(path: string): Promise<number> {
  const descriptor = fs.openSync(path, 'w', 0o600);
  const folder = fs.openSync(dirname(path), 'r');
  await promisify(fs.fsync)(folder).finally(() => fs.closeSync(folder));
  return descriptor;
}

async function writeWhole(descriptor: number, bytes: Buffer, position: number): Promise<void> {
  // A full disk may take a part: the next call says why.
  for (let at = 0; at < bytes.length;) {
    at += await new Promise<number>((resolve, reject) =>
      fs.write(descriptor, bytes, at, bytes.length - at, position + at, (error, written) =>
        error ? reject(error) : resolve(written),
      ),
    );
  }
}

/**
 * The commits that the tables do not have yet, on disk. Two files in turn: while a checkpoint brings the commits of one
 * into the tables, new ones go to the other.
 */
export class Journal {
  private readonly files: readonly JournalFile[];
  private active = 0;
  private salt = randomBytes(saltLength);
  /** Files of an earlier process, which hold commits until `clear`. */
  private readonly left: string[];

  constructor(folder: string) {
    const paths = ['journal.1', 'journal.2'].map((name) => join(folder, name));
    this.left = paths.filter((path) => fs.existsSync(path));
    this.files = paths.map((path) => new JournalFile(path));
  }

  /**
   * The commits after `commit` that a process which ended without closing has left, in their order.
   * @param atLeast a commit that must be among them, where it is a later one
   * @throws Error where some are missing that later ones, or what is in the tables, were built on
   */
  readLeft(commit: number, atLeast: number): JournalRecord[] {
    const records = this.left
      .flatMap((path) => [...decodeRecords(fs.readFileSync(path))])
      .filter((record) => record.commit > commit)
      .sort((a, b) => a.commit - b.commit);
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
    await this.files[this.active]!.append(encodeRecord(commit, this.salt, changes));
  }

  /** Further commits go to the other file, over those that it has: they must be in the tables by now. */
  turn(): void {
    this.active = 1 - this.active;
    this.salt = randomBytes(saltLength);
    this.files[this.active]!.restart();
  }

  /** All commits are in the tables; with that, a journal that has failed may be trusted again. */
  clear(): void {
    for (const path of this.left.splice(0)) fs.rmSync(path, { force: true });
    this.salt = randomBytes(saltLength);
    for (const file of this.files) file.restart();
  }

  /** Closes the files. Those whose commits are in the tables are removed. */
  close(isCleared: boolean): void {
    for (const file of this.files) file.close(isCleared);
  }
}
