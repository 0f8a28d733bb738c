import { ObjectId } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { decodeDocument, decodeFields, encodeDocument, patchDocument } from '../language/codec';
import { ElementScanner } from '../language/document-bytes';
import { check } from '../language/errors';
import { filterEqualities } from '../language/filter';
import { FilterNode } from '../language/filter';
import { CompiledUpdate } from '../language/update';
import { Clock, documentTest } from '../planner/execution';
import { PlanRun, Row, rowsOf, runToEnd } from '../planner/plan';
import { planQuery } from '../planner/plan-query';
import { Query } from '../planner/query';
import { StoredCollection } from '../storage/catalog';
import { createCollection } from '../storage/catalog-changes';
import { WriteScope } from '../storage/group-commit';
import { changeRecord } from '../storage/records';
import { CollectionView, StoredDocument } from '../storage/view';
import { clockOf } from './reads';
import { CommandRequest, MAX_DOCUMENT_BYTES } from './request';

const TOO_LARGE = `a document may have at most ${MAX_DOCUMENT_BYTES} bytes`;

/** The write of a client, and the collection that it is about. */
export interface Target {
  readonly request: CommandRequest;
  readonly engine: Engine;
  readonly ns: string;
}

/** Which documents a statement is about, and what becomes of them: without an update they are deleted. */
interface Modification {
  readonly filter: FilterNode;
  readonly sort?: BsonDocument;
  readonly hint?: BsonValue;
  readonly multi: boolean;
  readonly update: CompiledUpdate | null;
  readonly upserts?: boolean;
}

/** What a statement has done so far. */
export interface Outcome {
  /** Documents changed, an upserted one too. */
  n: number;
  modified: number;
  /** The `_id` of a document that was upserted. */
  upserted?: BsonValue;
  /** The document that was changed last, or null. */
  before: Uint8Array | null;
  after: Uint8Array | null;
}

/** Changes the documents of a statement. May be called again when it had to wait: it goes on with the same document. */
export function beginModification(
  target: Target,
  { update, upserts, ...selection }: Modification,
): (scope: WriteScope) => Outcome {
  const selected = new SelectedRecords(target, selection);
  const outcome: Outcome = { n: 0, modified: 0, before: null, after: null };
  return (scope) => {
    selected.each(scope, (collection, record) => {
      const after = update && updateRecord(scope, collection, record, update);
      if (!update) deleteRecord(scope, collection, record);
      outcome.n += 1;
      if (after !== record.bytes) outcome.modified += 1;
      [outcome.before, outcome.after] = [record.bytes, after];
    });
    if (outcome.n > 0 || !update || !upserts) return outcome;
    const document = update.insert(filterEqualities(selection.filter));
    const after = insertDocument(scope, target.ns, encodeDocument(document));
    return { n: 1, modified: 0, upserted: document.get('_id')!, before: null, after };
  };
}

/** The documents of a statement, found and then changed one at a time. */
class SelectedRecords {
  /** What is still to be changed, the next one last. Null where it is to be looked for. */
  private pending: number[] | null = null;
  private readonly query: Query;
  private readonly matches: (bytes: Uint8Array) => boolean;

  constructor(
    private readonly target: Target,
    { filter, sort = new Map(), hint, multi }: Omit<Modification, 'update'>,
  ) {
    this.query = { filter, sort, hint, limit: multi ? 0 : 1, skip: 0 };
    this.matches = documentTest([filter]) ?? (() => true);
  }

  /** Calls `change` for each selected document; when it is called again, not for those that match no more. */
  each(scope: WriteScope, change: (collection: StoredCollection, record: StoredDocument) => void): void {
    const collection = scope.use(this.target.ns);
    if (!collection) return;
    const view = new CollectionView(collection, scope);
    const isSingle = this.query.limit === 1;
    if (isSingle && !this.pending) {
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
      else if (isSingle) this.pending = null;
      pending.pop();
      if (pending.length > 0) scope.pause();
    }
    if (!this.pending) this.each(scope, change);
  }

  /** Goes on with the search elsewhere where it takes more than a turn. */
  private *search(view: CollectionView, scope: WriteScope): Generator<Row> {
    for (const row of rowsOf(planQuery(view, this.query), { view, clock: new Clock() }, new PlanRun())) {
      if (row) yield row;
      else scope.pause(() => this.searchElsewhere());
    }
  }

  /** Searches in a snapshot, while others write. */
  private async searchElsewhere(): Promise<void> {
    const { request, engine, ns } = this.target;
    const found: number[] = [];
    const view = engine.read(request, ns);
    try {
      const execution = { view, clock: clockOf(request) };
      await runToEnd(planQuery(view, this.query), execution, ({ recordId }) => void found.push(recordId));
      this.pending = found.reverse();
    } finally {
      view?.release();
    }
  }
}

/** Changes a stored document; answers with what has become of it, which is the very same where nothing has. */
function updateRecord(
  scope: WriteScope,
  collection: StoredCollection,
  { recordId, bytes }: StoredDocument,
  update: CompiledUpdate,
): Uint8Array {
  const before = update.fields ? decodeFields(bytes, update.fields) : decodeDocument(bytes);
  const { document: after, modified } = update.apply(before);
  if (!modified) return bytes;
  const changed = update.fields ? patchDocument(bytes, before, after) : encodeDocument(after);
  check(changed.length <= MAX_DOCUMENT_BYTES, 17419, TOO_LARGE);
  const { indexedFields } = collection;
  const isKnown = !update.fields || [...indexedFields].every((name) => before.get(name) === after.get(name));
  const recordOf = (document: Uint8Array, known: BsonDocument) => ({
    bytes: document,
    fields: isKnown ? known : decodeFields(document, indexedFields),
  });
  changeRecord(scope, collection, recordId, recordOf(bytes, before), recordOf(changed, after));
  return changed;
}

function deleteRecord(scope: WriteScope, collection: StoredCollection, record: StoredDocument): void {
  const fields = decodeFields(record.bytes, collection.indexedFields);
  changeRecord(scope, collection, record.recordId, { bytes: record.bytes, fields }, null);
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
  const recordId = scope.ids.nextRecord(collection.id, scope.reader);
  changeRecord(scope, collection, recordId, null, { bytes, fields });
  return bytes;
}

const DOLLAR = '$'.charCodeAt(0);
/** An array and a regular expression. */
const REFUSED_ID_TYPES = new Set([4, 11]);
const TIMESTAMP = 17;
/** Where the first field of a document begins. */
const FIRST_FIELD = 4;

/**
 * A document as it is stored: just as it came, but `_id` first, and made where it is missing. Drivers add the `_id` that
 * they make behind the other fields.
 */
function storable(bytes: Uint8Array): Uint8Array {
  check(bytes.length <= MAX_DOCUMENT_BYTES, 2, TOO_LARGE);
  let ids = 0;
  let [idStart, idEnd] = [FIRST_FIELD, FIRST_FIELD];
  const fields = new ElementScanner(bytes);
  while (fields.next()) {
    const { type, nameStart, valueStart, valueEnd } = fields;
    check(bytes[nameStart] !== DOLLAR, 2, "Document can't have $ prefixed field names");
    const isOpen = type === TIMESTAMP && bytes.subarray(valueStart, valueEnd).every((byte) => byte === 0);
    check(!isOpen, 238, 'an empty timestamp, which stands for the present, is not supported');
    if (fields.name !== '_id') continue;
    check(!REFUSED_ID_TYPES.has(type), 2, "can't use an array or a regular expression for _id");
    [idStart, idEnd] = [nameStart - 1, valueEnd];
    ids += 1;
  }
  check(ids <= 1, 2, "can't have multiple _id fields in one document");
  if (ids === 1 && idStart === FIRST_FIELD) return bytes;
  const made =
    ids === 1 ? [] : [encodeDocument(new Map([['_id', new ObjectId()]])).subarray(FIRST_FIELD, -1)];
  const parts = [bytes.subarray(idStart, idEnd), bytes.subarray(FIRST_FIELD, idStart), bytes.subarray(idEnd)];
  const document = Buffer.concat([bytes.subarray(0, FIRST_FIELD), ...made, ...parts]);
  document.writeInt32LE(document.length);
  return document;
}
