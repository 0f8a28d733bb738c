import type { Entry } from './lmdb';

/** What lmdb iterates over, as something that a `for of` takes. */
export class EntryWalk implements IterableIterator<Entry> {
  constructor(private readonly entries: Required<Iterator<Entry>>) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Entry> {
    return this.entries.next();
  }

  return(): IteratorResult<Entry> {
    return this.entries.return();
  }
}

const leftOut = Buffer.alloc(0);

/** The same for a walk that gives keys alone. */
export class KeyWalk implements IterableIterator<Entry> {
  constructor(private readonly keys: Required<Iterator<Buffer>>) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Entry> {
    const result = this.keys.next();
    return result.done ? result : { done: false, value: { key: result.value, value: leftOut } };
  }

  return(): IteratorResult<Entry> {
    this.keys.return();
    return { done: true, value: undefined };
  }
}
