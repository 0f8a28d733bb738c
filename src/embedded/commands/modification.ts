import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { decodeDocument, encodeDocument } from '../language/codec';
import { MongoError } from '../language/errors';
import { FilterNode } from '../language/filter';
import { filterEqualities } from '../language/filter-equalities';
import { CompiledFilter, compileFilter } from '../language/filter-match';
import { CompiledUpdate, compileUpdate } from '../language/update';
import { matchingRecords } from '../planner/matching-records';
import { StoredCollection } from '../storage/catalog';
import { ScopedCollectionView } from '../storage/collection-view';
import { removeRecord, replaceRecord } from '../storage/records';
import { StoredDocument } from '../storage/view';
import { WriteScope } from '../storage/write-scope';
import { collectionFor, storable, storeDocument } from './insert';
import { MAX_DOCUMENT_BYTES } from './limits';

/** Which documents a statement is about. */
export interface Selection {
  readonly filter: FilterNode;
  readonly sort?: BsonDocument;
  readonly hint?: BsonValue;
  readonly multi: boolean;
}

/** The next documents of a statement, one at a time. */
export class SelectedRecords {
  private pending: number[] | null = null;
  private readonly matches: CompiledFilter['matches'];

  constructor(private readonly selection: Selection) {
    this.matches = compileFilter(selection.filter).matches;
  }

  /**
   * Calls `change` for each selected document. All are found before the first is changed, so that none is met again
   * where its change has moved it. May be called again when `change` had to wait: goes on with the same document, and
   * leaves out those that match no more.
   */
  each(
    scope: WriteScope,
    collection: StoredCollection,
    change: (record: StoredDocument, document: BsonDocument) => void,
  ): void {
    const view = new ScopedCollectionView(collection, scope);
    // A single document is looked for again instead: another one may have taken its place.
    if (!this.selection.multi) this.pending = null;
    this.pending ??= this.find(view);
    for (let recordId = this.pending.at(-1); recordId !== undefined; recordId = this.pending.at(-1)) {
      const bytes = view.document(recordId);
      const document = bytes && decodeDocument(bytes);
      if (document && this.matches(document)) change({ recordId, bytes }, document);
      this.pending.pop();
      if (this.pending.length > 0) scope.pause();
    }
  }

  private find(view: ScopedCollectionView): number[] {
    const { filter, sort, hint, multi } = this.selection;
    const found = matchingRecords(view, { filter, sort, hint, limit: multi ? 0 : 1 });
    return Array.from(found, ({ recordId }) => recordId).reverse();
  }
}

/** What an update has made of a document. */
export interface Updated {
  readonly document: BsonDocument;
  readonly modified: boolean;
}

/** @throws MongoError what the update or an index refuses */
export function updateRecord(
  scope: WriteScope,
  collection: StoredCollection,
  { recordId, bytes }: StoredDocument,
  before: BsonDocument,
  update: CompiledUpdate,
): Updated {
  const updated = update.apply(before);
  if (!updated.modified) return updated;
  const after = { bytes: encodeDocument(updated.document), fields: updated.document };
  if (after.bytes.length > MAX_DOCUMENT_BYTES) {
    throw new MongoError(17419, `Resulting document after update is larger than ${MAX_DOCUMENT_BYTES}`);
  }
  replaceRecord(scope, collection, recordId, { bytes, fields: before }, after);
  return updated;
}

export function deleteRecord(
  scope: WriteScope,
  collection: StoredCollection,
  { recordId, bytes }: StoredDocument,
  document: BsonDocument,
): void {
  removeRecord(scope, collection, recordId, { bytes, fields: document });
}

/** Inserts what an update makes of a filter that nothing matched. */
export function upsert(
  scope: WriteScope,
  ns: string,
  filter: FilterNode,
  update: CompiledUpdate,
): BsonDocument {
  const document = update.insert(filterEqualities(filter));
  const bytes = encodeDocument(document);
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new MongoError(17420, `Document to upsert is larger than ${MAX_DOCUMENT_BYTES}`);
  }
  storeDocument(scope, collectionFor(scope, ns), storable(bytes));
  return document;
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
