import { Catalog } from './catalog';
import { endOf, prefixOf, recordIdOfDocumentKey } from './keys';
import { Reader } from './lmdb';

/** Hands out the numbers of collections, indexes and records. None is given twice while the engine runs. */
export class Ids {
  private last: number;
  private readonly lastRecords = new Map<number, number>();

  constructor(catalog: Catalog, garbage: readonly number[]) {
    const used = catalog.all().flatMap(({ id, indexes }) => [id, ...indexes.map((index) => index.id)]);
    this.last = [...used, ...garbage].reduce((a, b) => Math.max(a, b), 0);
  }

  /** For a collection or an index: one sequence, so that garbage needs no kind. */
  next(): number {
    return ++this.last;
  }

  /** @param reader what the insert reads through; the first one since start looks up where to go on */
  nextRecord(collectionId: number, reader: Reader): number {
    const next = (this.lastRecords.get(collectionId) ?? lastRecordOf(collectionId, reader)) + 1;
    this.lastRecords.set(collectionId, next);
    return next;
  }
}

function lastRecordOf(collectionId: number, reader: Reader): number {
  const backwards = reader.range('documents', prefixOf(collectionId), endOf(collectionId), true);
  for (const { key } of backwards) return recordIdOfDocumentKey(key);
  return 0;
}
