import { crc32 } from 'node:zlib';
import { Change, tableNames } from './lmdb';

// record: length of the entries u32, CRC-32 of all that follows u32, salt (8), commit f64, entries
// entry:  table u8, length of the key u16, length of the value u32 or `removed`, key, value
const headerLength = 24;
const entryHeaderLength = 7;
const checkedFrom = 8;
const removed = 0xffffffff;

/** The length of the salt, in bytes. */
export const saltLength = 8;

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
  let first: JournalRecord | null = null;
  let expected = 0;
  for (let position = 0; position + headerLength <= file.length;) {
    const end = position + headerLength + file.readUInt32BE(position);
    if (end > file.length || !isWhole(file.subarray(position, end))) return;
    const record = decodeRecord(file.subarray(position, end));
    if (first && !(record.salt.equals(first.salt) && record.commit === expected)) return;
    yield record;
    first ??= record;
    expected = record.commit + 1;
    position = end;
  }
}

function isWhole(record: Buffer): boolean {
  return record.length > headerLength && crc32(record.subarray(checkedFrom)) === record.readUInt32BE(4);
}

function decodeRecord(record: Buffer): JournalRecord {
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
  return {
    commit: record.readDoubleBE(checkedFrom + saltLength),
    salt: record.subarray(checkedFrom, checkedFrom + saltLength),
    changes,
  };
}
