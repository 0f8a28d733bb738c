import { Entry } from './lmdb';

// documents: collection u32, record u48 → BSON
// indexes:   index u32, components, [record u48 unless unique] → [record u48 if unique]

const idLength = 4;
const recordIdLength = 6;

/** The beginning of all keys of a collection's documents, or of an index's entries. */
export function prefixOf(id: number): Buffer {
  const prefix = Buffer.allocUnsafe(idLength);
  prefix.writeUInt32BE(id);
  return prefix;
}

/** The bounds of all of them. */
export function rangeOf(id: number): [lower: Buffer, upper: Buffer] {
  return [prefixOf(id), prefixOf(id + 1)];
}

export function documentKey(collectionId: number, recordId: number): Buffer {
  const key = Buffer.allocUnsafe(idLength + recordIdLength);
  key.writeUInt32BE(collectionId);
  key.writeUIntBE(recordId, idLength, recordIdLength);
  return key;
}

export function recordIdOf(key: Buffer): number {
  return key.readUIntBE(idLength, recordIdLength);
}

/** `bound` as a place among an index's entries. */
export function indexBound(indexId: number, bound: Uint8Array): Buffer {
  return Buffer.concat([prefixOf(indexId), bound]);
}

const nothing = Buffer.alloc(0);

/** An index entry as it is stored: a unique index leaves the record out of the key, so that equal keys collide. */
export function storedEntry(
  index: { readonly id: number; readonly unique: boolean },
  components: readonly Uint8Array[],
  recordId: number,
): Entry {
  let length = idLength;
  for (const component of components) length += component.length;
  const key = Buffer.allocUnsafe(index.unique ? length : length + recordIdLength);
  key.writeUInt32BE(index.id);
  let position = idLength;
  for (const component of components) {
    key.set(component, position);
    position += component.length;
  }
  const value = index.unique ? Buffer.allocUnsafe(recordIdLength) : nothing;
  if (index.unique) value.writeUIntBE(recordId, 0, recordIdLength);
  else key.writeUIntBE(recordId, position, recordIdLength);
  return { key, value };
}

/**
 * One entry of an index. Most walks look at the record only, or only at the bytes: what else is asked for is cut out
 * then.
 */
export class IndexEntry {
  /** @param value empty where the record stands at the end of the key */
  constructor(
    readonly stored: Buffer,
    private readonly value: Buffer,
  ) {}

  /** Where in `stored` the key begins. */
  get keyStart(): number {
    return idLength;
  }

  /** All components of the key, without the record's id. */
  get key(): Uint8Array {
    return this.stored.subarray(idLength, this.value.length > 0 ? undefined : -recordIdLength);
  }

  get recordId(): number {
    const { stored, value } = this;
    if (value.length > 0) return value.readUIntBE(0, recordIdLength);
    return stored.readUIntBE(stored.length - recordIdLength, recordIdLength);
  }
}

/** How much a collection holds; kept with each commit, so that nobody has to count. */
export interface Totals {
  readonly documents: number;
  readonly bytes: number;
}

export const noTotals: Totals = { documents: 0, bytes: 0 };

export function sumOf(a: Totals, b: Totals): Totals {
  return { documents: a.documents + b.documents, bytes: a.bytes + b.bytes };
}

export function readTotals(stored: Buffer | undefined): Totals {
  return stored ? { documents: stored.readDoubleBE(0), bytes: stored.readDoubleBE(8) } : noTotals;
}

export function storedTotals({ documents, bytes }: Totals): Buffer {
  const stored = Buffer.allocUnsafe(16);
  stored.writeDoubleBE(documents, 0);
  stored.writeDoubleBE(bytes, 8);
  return stored;
}
