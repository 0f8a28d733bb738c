import { MongoError } from '../language/errors';
import { boundBeyond } from '../storage/keys';
import { CollectionInfo, CollectionView, IndexEntry, IndexInfo, StoredDocument } from '../storage/view';

/**
 * A view whose walks survive the snapshot they began in. Between two batches a cursor holds no snapshot, so that a
 * client that never comes back costs no disk space; the next batch goes on behind the last entry, in what is stored
 * by then.
 */
export class ResumableView implements CollectionView {
  private readonly walks = new Set<{ suspend(): void }>();
  private readonly siblings = new Map<string, ResumableView>();

  constructor(private view: CollectionView) {}

  get collection(): CollectionInfo {
    return this.view.collection;
  }

  /** Lets the snapshot go. */
  release(): void {
    for (const walk of this.walks) walk.suspend();
    for (const sibling of this.siblings.values()) sibling.release();
    this.view.release();
  }

  /** @throws MongoError QueryPlanKilled where the collection is no longer there */
  resume(view: CollectionView | null): void {
    if (view?.collection.id !== this.collection.id) {
      view?.release();
      throw new MongoError(175, `collection dropped: ${this.collection.ns}`);
    }
    this.view = view;
    for (const [name, sibling] of this.siblings) sibling.resume(view.sibling(name));
  }

  document(recordId: number): Uint8Array | undefined {
    return this.view.document(recordId);
  }

  scanIndex(
    index: IndexInfo,
    lower: Uint8Array,
    upper: Uint8Array,
    reverse: boolean,
  ): IterableIterator<IndexEntry> {
    return this.walk<IndexEntry>((after) => {
      this.checkIndex(index);
      if (!after) return this.view.scanIndex(index, lower, upper, reverse);
      const bound = boundBeyond(index, after, reverse);
      return this.view.scanIndex(index, reverse ? lower : bound, reverse ? bound : upper, reverse);
    });
  }

  scanDocuments(reverse = false): IterableIterator<StoredDocument> {
    return this.walk<StoredDocument>((after) => this.view.scanDocuments(reverse, after?.recordId));
  }

  documentCount(): number {
    return this.view.documentCount();
  }

  sibling(name: string): CollectionView | null {
    const known = this.siblings.get(name);
    if (known) return known;
    const view = this.view.sibling(name);
    if (!view) return null;
    const sibling = new ResumableView(view);
    this.siblings.set(name, sibling);
    return sibling;
  }

  private walk<Entry>(open: (after: Entry | undefined) => IterableIterator<Entry>): IterableIterator<Entry> {
    const walk = new Walk<Entry>(open, () => this.walks.delete(walk));
    this.walks.add(walk);
    return walk;
  }

  /** @throws MongoError QueryPlanKilled where an index that is being walked is no longer there */
  private checkIndex({ id, name }: IndexInfo): void {
    if (this.collection.indexes.some((index) => index.id === id)) return;
    throw new MongoError(175, `query plan killed :: caused by :: index '${name}' dropped`);
  }
}

/** An iterator that can be taken away from its source and opened again behind the last entry it gave. */
class Walk<Entry> implements IterableIterator<Entry> {
  private source: IterableIterator<Entry> | null = null;
  private last: Entry | undefined;

  constructor(
    private readonly open: (after: Entry | undefined) => IterableIterator<Entry>,
    private readonly onEnd: () => void,
  ) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Entry> {
    this.source ??= this.open(this.last);
    const result = this.source.next();
    if (result.done) this.onEnd();
    else this.last = result.value;
    return result;
  }

  return(): IteratorResult<Entry> {
    this.suspend();
    this.onEnd();
    return { done: true, value: undefined };
  }

  suspend(): void {
    this.source?.return?.();
    this.source = null;
  }
}
