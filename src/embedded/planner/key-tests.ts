import { BsonDocument } from '../language/bson-value';
import { FilterNode } from '../language/filter';
import { decodeKeyComponent, endOfKeyComponent } from '../language/key-decoder';
import { StoredIndex } from '../storage/catalog';
import { IndexEntry } from '../storage/keys';
import { boundsOf, inDirection, KeyRange } from './bounds';

/** A condition that index keys decide, before their documents are read. */
export type KeyTest = (key: KeyReader) => boolean;

/** The condition as a test of keys; null where keys do not tell: of an array, the entry at hand is one element of many. */
export function keyTestOf(node: FilterNode, index: StoredIndex): KeyTest | null {
  if (node.kind === 'and' || node.kind === 'or') {
    const tests = node.children.map((child) => keyTestOf(child, index));
    if (!tests.every((test) => test !== null)) return null;
    return node.kind === 'or'
      ? (key) => tests.some((test) => test(key))
      : (key) => tests.every((test) => test(key));
  }
  if (node.kind !== 'field' || !index.key.has(node.path) || index.multikeyPaths.has(node.path)) return null;
  const { ranges, exact } = boundsOf(node, node.path, false);
  const position = index.paths.findIndex(({ path }) => path === node.path);
  const sorted = inDirection(ranges, index.paths[position]!.direction);
  return exact ? (key) => key.isWithin(position, sorted) : null;
}

/** All tests in one, of whole keys; null for none. */
export function allTests(tests: readonly KeyTest[]): ((key: Uint8Array) => boolean) | null {
  if (tests.length === 0) return null;
  const reader = new KeyReader();
  return (key) => {
    reader.read(key);
    return tests.every((test) => test(reader));
  };
}

/** Reads the components of one index key after another, only as far as it is asked for, and copies nothing. */
class KeyReader {
  private readonly ends: number[] = [0];
  private known = 0;
  private key: Uint8Array = new Uint8Array();

  read(key: Uint8Array): void {
    this.key = key;
    this.known = 0;
  }

  /** Whether the component at `position` lies in one of the ranges. */
  isWithin(position: number, ranges: readonly KeyRange[]): boolean {
    for (; this.known <= position; this.known++) {
      this.ends[this.known + 1] = endOfKeyComponent(this.key, this.ends[this.known]!);
    }
    let from = 0;
    for (let to = ranges.length; from < to;) {
      const middle = (from + to) >> 1;
      if (this.compare(position, ranges[middle]!.low) < 0) to = middle;
      else if (this.compare(position, ranges[middle]!.high) < 0) return true;
      else from = middle + 1;
    }
    return false;
  }

  private compare(position: number, other: Uint8Array): number {
    const start = this.ends[position]!;
    const length = this.ends[position + 1]! - start;
    const shared = Math.min(length, other.length);
    for (let i = 0; i < shared; i++) {
      const order = this.key[start + i]! - other[i]!;
      if (order !== 0) return order;
    }
    return length - other.length;
  }
}

/**
 * Makes what decodes top-level fields out of entries: null for a key that does not say one of them exactly. Null itself
 * where the index does not have all of the fields, or holds arrays. A document is good until the next one is made.
 */
export function decoderOf(
  { key, multikey }: StoredIndex,
  fields: ReadonlySet<string>,
): ((entry: IndexEntry) => BsonDocument | null) | null {
  const names = [...key.keys()];
  if (multikey || [...fields].some((field) => !names.includes(field))) return null;
  const wanted = names.map((name) => fields.has(name));
  const count = wanted.lastIndexOf(true) + 1;
  const document: BsonDocument = new Map();
  return ({ stored, keyStart }) => {
    for (let i = 0, at = keyStart; i < count; i++) {
      const end = endOfKeyComponent(stored, at);
      if (wanted[i]) {
        const value = decodeKeyComponent(stored, at, end);
        if (value === undefined) return null;
        document.set(names[i]!, value);
      }
      at = end;
    }
    return document;
  };
}
