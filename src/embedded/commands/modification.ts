import { ObjectId } from 'bson';
import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { decodeDocument, decodeFields, encodeDocument, patchDocument } from '../language/codec';
import { DocumentPieces, ElementScanner } from '../language/document-bytes';
import { MongoError } from '../language/errors';
import { filterEqualities } from '../language/filter';
import { FilterNode } from '../language/filter-node';
import { CompiledUpdate, compileUpdate } from '../language/update';
import { Clock, documentTest } from '../planner/execution';
import { PlanRun, Row, rowsOf, runToEnd } from '../planner/plan';
import { planQuery } from '../planner/plan-query';
import { Query } from '../planner/query';
import { StoredCollection } from '../storage/catalog';
import { createCollection } from '../storage/catalog-changes';
import { ScopedCollectionView } from '../storage/collection-view';
import { WriteScope } from '../storage/group-commit';
import { insertRecord, removeRecord, replaceRecord } from '../storage/records';
import { CollectionView, StoredDocument } from '../storage/view';
import { MAX_DOCUMENT_BYTES } from './request';

const dollar = '$'.charCodeAt(0);
const typeOfDocument = 3;
const typeOfTimestamp = 17;
const references = new Set(['$ref', '$id', '$db']);
/** Types that no `_id` may have, as messages call them. */
const refusedIdTypes = new Map([
  [4, 'an array'],
  [11, 'a regex'],
]);

/** What may keep a document from being stored just as it came. */
interface Findings {
  /** How many fields are called `_id`. */
  ids: number;
  /** Where the last of them begins, with its type and name, and where it ends. */
  idStart: number;
  idEnd: number;
  /** Where the values of empty timestamps stand. */
  readonly emptyTimestamps: number[];
}

/**
 * A document as it is stored: `_id` first, made where it is missing, and empty timestamps filled in.
 * @throws MongoError BadValue, InvalidBSON
 */
export function storable(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new MongoError(
      2,
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${MAX_DOCUMENT_BYTES}`,
    );
  }
  const { ids, idStart, idEnd, emptyTimestamps } = look(bytes);
  if (ids > 1) throw new MongoError(2, "can't have multiple _id fields in one document");
  const whole = emptyTimestamps.length > 0 ? withTime(bytes, emptyTimestamps) : bytes;
  if (ids === 0) return withNewId(whole);
  return idStart === firstField ? whole : withIdFirst(whole, idStart, idEnd);
}

/** Where the first field of a document begins. */
const firstField = 4;

function look(bytes: Uint8Array): Findings {
  const findings: Findings = { ids: 0, idStart: 0, idEnd: 0, emptyTimestamps: [] };
  const fields = new ElementScanner(bytes);
  while (fields.next()) {
    const { type, nameStart, valueStart } = fields;
    if (bytes[nameStart] === dollar) throw dollarPrefixed(fields);
    if (fields.isNamed('_id')) {
      checkId(bytes, fields);
      findings.ids += 1;
      findings.idStart = nameStart - 1;
      findings.idEnd = fields.valueEnd;
    } else if (type === typeOfTimestamp && isZero(bytes, valueStart)) {
      findings.emptyTimestamps.push(valueStart);
    }
  }
  return findings;
}

function checkId(bytes: Uint8Array, { type, valueStart }: ElementScanner): void {
  const refused = refusedIdTypes.get(type);
  if (refused) throw new MongoError(2, `can't use ${refused} for _id`);
  if (type === typeOfDocument) checkIdDocument(bytes, valueStart);
}

/** Names inside of other values may begin with `$`; those of an `_id` may only be a reference's. */
function checkIdDocument(bytes: Uint8Array, start: number): void {
  const fields = new ElementScanner(bytes, start);
  while (fields.next()) {
    const { name } = fields;
    if (name.startsWith('$') && !references.has(name)) {
      throw new MongoError(52, `${name} is not valid for storage.`);
    }
  }
}

function isZero(bytes: Uint8Array, at: number): boolean {
  return bytes.subarray(at, at + 8).every((byte) => byte === 0);
}

function dollarPrefixed({ name }: ElementScanner): MongoError {
  return new MongoError(2, `Document can't have $ prefixed field names: ${name}`);
}

let timestamps = 0;

function withTime(bytes: Uint8Array, emptyTimestamps: readonly number[]): Buffer {
  const document = Buffer.from(bytes);
  for (const at of emptyTimestamps) {
    document.writeUInt32LE(++timestamps, at);
    document.writeUInt32LE(Math.floor(Date.now() / 1000), at + 4);
  }
  return document;
}

function withNewId(bytes: Uint8Array): Buffer {
  const id = encodeDocument(new Map([['_id', new ObjectId()]]));
  const pieces = new DocumentPieces();
  pieces.add(id, firstField, id.length - 1);
  pieces.add(bytes, firstField, bytes.length - 1);
  return pieces.toDocument();
}

/** Drivers add the `_id` that they make behind the other fields. */
function withIdFirst(bytes: Uint8Array, idStart: number, idEnd: number): Buffer {
  const pieces = new DocumentPieces();
  pieces.add(bytes, idStart, idEnd);
  pieces.add(bytes, firstField, idStart);
  pieces.add(bytes, idEnd, bytes.length - 1);
  return pieces.toDocument();
}

/** Which documents a statement is about. */
interface Selection {
  readonly filter: FilterNode;
  readonly sort?: BsonDocument;
  readonly hint?: BsonValue;
  readonly multi: boolean;
}

/** The documents of a statement, found and then changed one at a time. */
export class SelectedRecords {
  /** What is still to be changed, the next one last. Null where it is to be looked for. */
  private pending: number[] | null = null;
  private readonly query: Query;
  private readonly matches: (bytes: Uint8Array) => boolean;

  /**
   * @param open gives a view for a search that takes too long to do while others wait
   * @param clock how long that may go on
   */
  constructor(
    private readonly selection: Selection,
    private readonly open: () => CollectionView | null,
    private readonly clock: () => Clock,
  ) {
    const { filter, sort = new Map(), hint, multi } = selection;
    this.query = { filter, sort, hint, limit: multi ? 0 : 1, skip: 0 };
    this.matches = documentTest([filter]) ?? (() => true);
  }

  /**
   * Calls `change` for each selected document. May be called again when it had to wait: goes on with the same document,
   * and leaves out those that match no more.
   */
  each(
    scope: WriteScope,
    ns: string,
    change: (collection: StoredCollection, record: StoredDocument) => void,
  ): void {
    const collection = scope.use(ns);
    if (!collection) return;
    const view = new ScopedCollectionView(collection, scope);
    if (!this.selection.multi && !this.pending) {
      // Looked for again after a wait: another one may have taken its place.
      const [found] = this.search(view, scope);
      if (found) change(collection, { recordId: found.recordId, bytes: found.bytes! });
      return;
    }
    // All are found before the first is changed, so that none is met again where its change has moved it.
    const pending = (this.pending ??= Array.from(
      this.search(view, scope),
      ({ recordId }) => recordId,
    ).reverse());
    for (let recordId = pending.at(-1); recordId !== undefined; recordId = pending.at(-1)) {
      const bytes = view.document(recordId);
      if (bytes && this.matches(bytes)) change(collection, { recordId, bytes });
      else if (!this.selection.multi) this.pending = null;
      pending.pop();
      if (pending.length > 0) scope.pause();
    }
    if (!this.pending) this.each(scope, ns, change);
  }

  /** Goes on with the search elsewhere where it takes more than a turn. */
  private *search(view: CollectionView, scope: WriteScope): Generator<Row> {
    for (const row of rowsOf(planQuery(view, this.query), { view, clock: new Clock() }, new PlanRun())) {
      if (row) yield row;
      else scope.pause(() => this.searchElsewhere());
    }
  }

  private async searchElsewhere(): Promise<void> {
    const found: number[] = [];
    const view = this.open();
    try {
      const execution = { view, clock: this.clock() };
      await runToEnd(planQuery(view, this.query), execution, ({ recordId }) => void found.push(recordId));
      this.pending = found.reverse();
    } finally {
      view?.release();
    }
  }
}

/** What an update has made of a document. */
interface Updated {
  readonly bytes: Uint8Array;
  readonly modified: boolean;
}

/** @throws MongoError what the update or an index refuses */
export function updateRecord(
  scope: WriteScope,
  collection: StoredCollection,
  { recordId, bytes }: StoredDocument,
  update: CompiledUpdate,
): Updated {
  const before = update.fields ? decodeFields(bytes, update.fields) : decodeDocument(bytes);
  const { document: after, modified } = update.apply(before);
  if (!modified) return { bytes, modified };
  const changed = update.fields ? patchDocument(bytes, before, after) : encodeDocument(after);
  if (changed.length > MAX_DOCUMENT_BYTES) {
    throw new MongoError(17419, `Resulting document after update is larger than ${MAX_DOCUMENT_BYTES}`);
  }
  const { indexedFields } = collection;
  const isKnown = !update.fields || [...indexedFields].every((name) => before.get(name) === after.get(name));
  const recordOf = (document: Uint8Array, known: BsonDocument) => ({
    bytes: document,
    fields: isKnown ? known : decodeFields(document, indexedFields),
  });
  replaceRecord(scope, collection, recordId, recordOf(bytes, before), recordOf(changed, after));
  return { bytes: changed, modified };
}

export function deleteRecord(
  scope: WriteScope,
  collection: StoredCollection,
  { recordId, bytes }: StoredDocument,
): void {
  removeRecord(scope, collection, recordId, { bytes, fields: decodeFields(bytes, collection.indexedFields) });
}

/** The collection, made where it is missing: the first insert does that. */
export function collectionFor(scope: WriteScope, ns: string): StoredCollection {
  return scope.use(ns) ?? createCollection(scope, ns);
}

/**
 * Stores a document as it came, or nearly so; answers with it as it is stored.
 * @throws MongoError DuplicateKey and other refusals of an index, BadValue, InvalidBSON
 */
export function insertDocument(scope: WriteScope, ns: string, document: Uint8Array): Uint8Array {
  const bytes = storable(document);
  const collection = collectionFor(scope, ns);
  const fields = decodeFields(bytes, collection.indexedFields);
  insertRecord(scope, collection, scope.ids.nextRecord(collection.id, scope.reader), { bytes, fields });
  return bytes;
}

/** Inserts what an update makes of a filter that nothing matched. */
export function upsert(
  scope: WriteScope,
  ns: string,
  filter: FilterNode,
  update: CompiledUpdate,
): { id: BsonValue; bytes: Uint8Array } {
  const document = update.insert(filterEqualities(filter));
  const bytes = encodeDocument(document);
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new MongoError(17420, `Document to upsert is larger than ${MAX_DOCUMENT_BYTES}`);
  }
  return { id: document.get('_id')!, bytes: insertDocument(scope, ns, bytes) };
}

/**
 * A statement's `u`, or findAndModify's `update`, ready to run.
 * @throws MongoError for what is no update
 */
export function parseUpdate(
  update: BsonValue | undefined,
  { multi, arrayFilters }: { multi: boolean; arrayFilters: BsonValue | undefined },
): CompiledUpdate {
  assertUpdate(update);
  if (arrayFilters !== undefined) throw new MongoError(238, 'arrayFilters is not supported');
  return compileUpdate(update, { multi });
}

/** @throws MongoError FailedToParse for what is not even shaped as an update */
export function assertUpdate(update: BsonValue | undefined): asserts update is BsonDocument | BsonValue[] {
  if (isDocument(update) || Array.isArray(update)) return;
  throw new MongoError(9, 'Update argument must be either an object or an array');
}
