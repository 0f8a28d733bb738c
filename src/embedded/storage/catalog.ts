import { Int32 } from 'bson';
import { BsonDocument } from '../language/bson-value';
import { decodeDocument, encodeDocument } from '../language/codec';
import { MongoError } from '../language/errors';
import { endOf, prefixOf } from './keys';
import { Reader, Writer } from './lmdb';
import { CollectionInfo, IndexInfo } from './view';

// catalog: 'format' → version u32      'commits' → number of the latest commit
//          'c' id → collection         'm' id path → the index met an array under that path
//          'n' id → document count     'g' id → dropped, its entries are still to be removed
const formatVersion = 1;
const formatKey = Buffer.from('format');

/** The number of the commit that a snapshot shows. */
export const commitKey = Buffer.from('commits');

function keyOf(kind: string, id: number, path = ''): Buffer {
  return Buffer.concat([Buffer.from(kind), prefixOf(id), Buffer.from(path)]);
}

export const countKey = (collectionId: number) => keyOf('n', collectionId);
export const multikeyKey = (indexId: number, path: string) => keyOf('m', indexId, path);

/** An index, its entry in the catalog, and what is known of the arrays it met. */
export class StoredIndex implements IndexInfo {
  readonly name: string;
  readonly key: BsonDocument;
  readonly unique: boolean;
  readonly specOnly: boolean;
  /** Grows in place, also for views that are already open: knowing of an array too early does no harm. */
  readonly multikeyPaths = new Set<string>();

  constructor(
    readonly id: number,
    readonly spec: BsonDocument,
  ) {
    this.name = spec.get('name') as string;
    this.key = spec.get('key') as BsonDocument;
    this.unique = this.name === '_id_' || spec.get('unique') === true;
    this.specOnly = [...this.key.keys()].some((path) => path === '$**' || path.endsWith('.$**'));
  }

  get multikey(): boolean {
    return this.multikeyPaths.size > 0;
  }
}

export class StoredCollection implements CollectionInfo {
  readonly db: string;
  readonly name: string;
  /** The top-level fields that the indexes read. */
  readonly indexedFields: ReadonlySet<string>;

  constructor(
    readonly id: number,
    readonly ns: string,
    readonly options: BsonDocument,
    readonly indexes: readonly StoredIndex[],
  ) {
    const dot = ns.indexOf('.');
    this.db = ns.slice(0, dot);
    this.name = ns.slice(dot + 1);
    const paths = indexes.flatMap((index) => (index.specOnly ? [] : [...index.key.keys()]));
    this.indexedFields = new Set(paths.map((path) => path.split('.', 1)[0] as string));
  }

  withIndexes(indexes: readonly StoredIndex[]): StoredCollection {
    return new StoredCollection(this.id, this.ns, this.options, indexes);
  }
}

/** All collections at one moment; a change makes a new catalog. */
export class Catalog {
  constructor(private readonly collections: ReadonlyMap<string, StoredCollection> = new Map()) {}

  find(ns: string): StoredCollection | null {
    return this.collections.get(ns) ?? null;
  }

  all(): StoredCollection[] {
    return [...this.collections.values()];
  }

  inDatabase(db: string): StoredCollection[] {
    return this.all().filter((collection) => collection.db === db);
  }

  with(collection: StoredCollection): Catalog {
    return new Catalog(new Map(this.collections).set(collection.ns, collection));
  }

  without(ns: string): Catalog {
    const collections = new Map(this.collections);
    collections.delete(ns);
    return new Catalog(collections);
  }
}

export function saveCollection(writer: Writer, { id, ns, options, indexes }: StoredCollection): void {
  const stored: BsonDocument = new Map();
  stored.set('ns', ns).set('options', options);
  stored.set('indexes', indexes.map((index) => new Map<string, never>().set('id', new Int32(index.id) as never).set('spec', index.spec as never)));
  writer.put('catalog', keyOf('c', id), encodeDocument(stored));
}

export function forgetCollection(writer: Writer, collection: StoredCollection): void {
  writer.remove('catalog', keyOf('c', collection.id));
  writer.remove('catalog', countKey(collection.id));
}

/** Marks what a dropped collection or index has stored as garbage, to be removed bit by bit later. */
export function discard(writer: Writer, id: number): void {
  writer.put('catalog', keyOf('g', id), Buffer.alloc(0));
}
