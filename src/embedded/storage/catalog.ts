import { Binary, Int32 } from 'bson';
import { bson, BsonDocument } from '../language/bson-value';
import { decodeDocument } from '../language/codec';
import { FilterNode, parseFilter } from '../language/filter';
import { CompiledFilter, compileFilter } from '../language/filter-match';
import { KeyField, keyFieldsOf } from '../language/index-key';
import { prefixOf, rangeOf, recordIdOf } from './keys';
import { Reader, Writer } from './lmdb';

// catalog: '!format' → version u32     '!applied', '!applying' → see store.ts
//          kind, id [, path] →
const kinds = {
  collection: 'c',
  /** The index met an array under that path. */
  array: 'm',
  /** How much a collection holds. */
  totals: 'n',
  /** Dropped: what it stored is still to be removed. */
  garbage: 'g',
};

// 2: what was committed may still be in a journal.
const formatVersion = 2;
const formatKey = Buffer.from('!format');

export function catalogKey(kind: keyof typeof kinds, id: number, path = ''): Buffer {
  return Buffer.concat([Buffer.from(kinds[kind]), prefixOf(id), Buffer.from(path)]);
}

/** An index, its entry in the catalog, and what is known of the arrays it met. */
export class StoredIndex {
  readonly name: string;
  readonly key: BsonDocument;
  readonly unique: boolean;
  /** The key's paths, taken apart. */
  readonly paths: readonly KeyField[];
  /** What a document must meet to have entries in a partial or sparse index; null for an index of all documents. */
  readonly partial: FilterNode | null;
  private readonly partialFilter: CompiledFilter | null;
  /**
   * The paths of the key under which any document has, or had, an array: the planner combines bounds and trusts the
   * order only of the other ones. Grows in place, also for views that are already open: knowing of an array too early
   * does no harm.
   */
  readonly multikeyPaths = new Set<string>();

  constructor(
    readonly id: number,
    readonly spec: BsonDocument,
  ) {
    this.name = spec.get('name') as string;
    this.key = spec.get('key') as BsonDocument;
    this.unique = this.name === '_id_' || spec.get('unique') === true;
    this.paths = keyFieldsOf(this.key);
    const sparse = spec.get('sparse') === true ? bson({ $or: this.paths.map(isThere) }) : undefined;
    const partial = (spec.get('partialFilterExpression') as BsonDocument | undefined) ?? sparse;
    this.partial = partial ? parseFilter(partial) : null;
    this.partialFilter = this.partial && compileFilter(this.partial);
  }

  /** The top-level fields that it reads. */
  get fields(): string[] {
    return [...this.paths.map(({ names }) => names[0]!), ...(this.partialFilter?.fields ?? [])];
  }

  /** Whether a document has entries at all. */
  covers(document: BsonDocument): boolean {
    return !this.partialFilter || this.partialFilter.matches(document);
  }

  get multikey(): boolean {
    return this.multikeyPaths.size > 0;
  }
}

function isThere({ path }: KeyField): BsonDocument {
  return bson({ [path]: { $exists: true } });
}

/** One collection as the catalog knew it at some moment; a change of the catalog makes a new one. */
export class StoredCollection {
  readonly db: string;
  readonly name: string;
  /** The top-level fields that the indexes read. */
  readonly indexedFields: ReadonlySet<string>;

  constructor(
    readonly id: number,
    readonly ns: string,
    readonly uuid: Binary,
    readonly options: BsonDocument,
    readonly indexes: readonly StoredIndex[],
  ) {
    const dot = ns.indexOf('.');
    this.db = ns.slice(0, dot);
    this.name = ns.slice(dot + 1);
    this.indexedFields = new Set(indexes.flatMap(({ fields }) => fields));
  }

  withIndexes(indexes: readonly StoredIndex[]): StoredCollection {
    return new StoredCollection(this.id, this.ns, this.uuid, this.options, indexes);
  }
}

/** All collections at one moment, by their namespaces; a change makes a new catalog. */
export type Catalog = ReadonlyMap<string, StoredCollection>;

/** Those of a database, or all. */
export function collectionsOf(catalog: Catalog, db?: string): StoredCollection[] {
  const all = [...catalog.values()];
  return db === undefined ? all : all.filter((collection) => collection.db === db);
}

/** The ids of dropped collections and indexes of which something is left. */
export function readGarbage(reader: Reader): number[] {
  return [...readKind(reader, 'garbage')].map(({ id }) => id);
}

/** Reads the whole catalog; a few entries for each collection, whatever it holds. */
export function readCatalog(reader: Reader): Catalog {
  const collections = new Map<string, StoredCollection>();
  const indexes = new Map<number, StoredIndex>();
  for (const { id, value } of readKind(reader, 'collection')) {
    const stored = decodeDocument(value);
    const ns = stored.get('ns') as string;
    const all = (stored.get('indexes') as BsonDocument[]).map(
      (index) => new StoredIndex((index.get('id') as Int32).value, index.get('spec') as BsonDocument),
    );
    for (const index of all) indexes.set(index.id, index);
    const [uuid, options] = [stored.get('uuid') as Binary, stored.get('options') as BsonDocument];
    collections.set(ns, new StoredCollection(id, ns, uuid, options, all));
  }
  for (const { id, path } of readKind(reader, 'array')) indexes.get(id)?.multikeyPaths.add(path);
  return collections;
}

/**
 * Marks a new folder, or that of an older version, with the format's version.
 * @throws Error for a folder that a newer version of this program has written
 */
export function checkFormat(writer: Writer): void {
  const found = writer.get('catalog', formatKey)?.readUInt32BE() ?? 0;
  const known = `this program knows ${formatVersion}. Use the newer program that wrote it.`;
  if (found > formatVersion) throw new Error(`The data folder has format version ${found}; ${known}`);
  if (found < formatVersion) writer.put('catalog', formatKey, prefixOf(formatVersion));
}

function* readKind(
  reader: Reader,
  kind: keyof typeof kinds,
): Generator<{ id: number; path: string; value: Buffer }> {
  const all = reader.range('catalog', catalogKey(kind, 0), catalogKey(kind, 2 ** 32 - 1));
  for (const { key, value } of all) yield { id: key.readUInt32BE(1), path: key.toString('utf8', 5), value };
}

/** Hands out the numbers of collections, indexes and records. None is given twice while the engine runs. */
export class Ids {
  private last: number;
  private readonly lastRecords = new Map<number, number>();

  constructor(catalog: Catalog, garbage: readonly number[]) {
    const used = collectionsOf(catalog).flatMap((each) => [each, ...each.indexes].map(({ id }) => id));
    this.last = [...used, ...garbage].reduce((a, b) => Math.max(a, b), 0);
  }

  /** For a collection or an index: one sequence, so that garbage needs no kind. */
  next(): number {
    return ++this.last;
  }

  /** @param reader what the insert reads through; the first one since start looks up where to go on */
  nextRecord(collectionId: number, reader: Reader): number {
    let last = this.lastRecords.get(collectionId);
    if (last === undefined) {
      const [newest] = reader.range('documents', ...rangeOf(collectionId), true);
      last = newest && recordIdOf(newest.key);
    }
    const next = (last ?? 0) + 1;
    this.lastRecords.set(collectionId, next);
    return next;
  }
}
