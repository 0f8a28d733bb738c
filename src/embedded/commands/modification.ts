import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { decodeDocument, decodeFields, encodeDocument } from '../language/codec';
import { MongoError } from '../language/errors';
import { FilterNode } from '../language/filter';
import { filterEqualities } from '../language/filter';
import { patchDocument } from '../language/patch-document';
import { CompiledUpdate, compileUpdate } from '../language/update';
import { documentTest } from '../planner/document-test';
import { matchingRecords } from '../planner/matching-records';
import { StoredCollection } from '../storage/catalog';
import { ScopedCollectionView } from '../storage/collection-view';
import { removeRecord, replaceRecord } from '../storage/records';
import { StoredDocument } from '../storage/view';
import { WriteScope } from '../storage/write-scope';
import { collectionFor, storeDocument } from './insert';
import { MAX_DOCUMENT_BYTES } from './limits';
import { storable } from './storable';

/** Which documents a statement is about. */
export interface Selection {
  readonly filter: FilterNode;
  readonly sort?: BsonDocument;
  readonly hint?: BsonValue;
  readonly multi: boolean;
}

/** The next documents of a statement, one at a time. */
export class SelectedRecords {
  /** Of a statement about many: those that are still to be changed, the next one last. */
  private pending: number[] | null = null;

  constructor(private readonly selection: Selection) {}

  /**
   * Calls `change` for each selected document. May be called again when `change` had to wait: goes on with the same
   * document, and leaves out those that match no more.
   */
  each(scope: WriteScope, collection: StoredCollection, change: (record: StoredDocument) => void): void {
    const view = new ScopedCollectionView(collection, scope);
    if (this.selection.multi) return this.changeAll(view, scope, change);
    // Looked for again after a wait: another one may have taken its place.
    const [found] = this.find(view, 1);
    if (found) change(found);
  }

  /** All are found before the first is changed, so that none is met again where its change has moved it. */
  private changeAll(
    view: ScopedCollectionView,
    scope: WriteScope,
    change: (record: StoredDocument) => void,
  ): void {
    const matches = documentTest([this.selection.filter]);
    this.pending ??= Array.from(this.find(view, 0), ({ recordId }) => recordId).reverse();
    for (let recordId = this.pending.at(-1); recordId !== undefined; recordId = this.pending.at(-1)) {
      const bytes = view.document(recordId);
      if (bytes && matches(bytes)) change({ recordId, bytes });
      this.pending.pop();
      if (this.pending.length > 0) scope.pause();
    }
  }

  private find(view: ScopedCollectionView, limit: number): Generator<StoredDocument> {
    const { filter, sort, hint } = this.selection;
    return matchingRecords(view, { filter, sort, hint, limit });
  }
}

/** What an update has made of a document. */
export interface Updated {
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
  const isKnown = !update.fields || areSame(before, after, indexedFields);
  const recordOf = (document: Uint8Array, known: BsonDocument) => ({
    bytes: document,
    fields: isKnown ? known : decodeFields(document, indexedFields),
  });
  replaceRecord(scope, collection, recordId, recordOf(bytes, before), recordOf(changed, after));
  return { bytes: changed, modified };
}

function areSame(a: BsonDocument, b: BsonDocument, names: ReadonlySet<string>): boolean {
  for (const name of names) if (a.get(name) !== b.get(name)) return false;
  return true;
}

export function deleteRecord(
  scope: WriteScope,
  collection: StoredCollection,
  { recordId, bytes }: StoredDocument,
): void {
  removeRecord(scope, collection, recordId, { bytes, fields: decodeFields(bytes, collection.indexedFields) });
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
  const stored = storable(bytes);
  storeDocument(scope, collectionFor(scope, ns), stored);
  return { id: document.get('_id')!, bytes: stored };
}

/**
 * A statement's `u`, or findAndModify's `update`, ready to run.
 * @throws MongoError for what is no update
 */
export function parseUpdate(
  update: BsonValue | undefined,
  filter: FilterNode,
  { multi, arrayFilters }: { multi: boolean; arrayFilters: BsonValue | undefined },
): CompiledUpdate {
  assertUpdate(update);
  if (arrayFilters !== undefined && !Array.isArray(arrayFilters)) {
    throw new MongoError(14, "'arrayFilters' must be an array");
  }
  return compileUpdate(update, { multi, filter, arrayFilters });
}

/** @throws MongoError FailedToParse for what is not even shaped as an update */
export function assertUpdate(update: BsonValue | undefined): asserts update is BsonDocument | BsonValue[] {
  if (isDocument(update) || Array.isArray(update)) return;
  throw new MongoError(9, 'Update argument must be either an object or an array');
}
