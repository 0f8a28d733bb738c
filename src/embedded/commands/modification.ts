import { ObjectId } from 'bson';
import { BsonValue } from '../language/bson-value';
import { decodeFields, documentOf, ElementScanner, encodeDocument, patchDocument } from '../language/codec';
import { check } from '../language/errors';
import { filterEqualities } from '../language/filter';
import { CompiledUpdate } from '../language/update';
import { Run } from '../planner/execution';
import { documentTest, Query, Row, rowsOf, runToEnd } from '../planner/plan';
import { planQuery } from '../planner/plan-query';
import { StoredCollection } from '../storage/catalog';
import { createCollection } from '../storage/catalog-changes';
import { WriteScope } from '../storage/group-commit';
import { changeRecord } from '../storage/records';
import { CollectionView } from '../storage/view';
import { Call } from './call';
import { MAX_DOCUMENT_BYTES } from './request';

/** What a statement has done so far. */
export interface Outcome {
  /** Documents changed, an upserted one too. */
  n: number;
  modified: number;
  /** The `_id` of a document that was upserted. */
  upserted?: BsonValue;
}

/** A document to be changed; with its bytes where they are those of now. */
type Found = Pick<Row, 'recordId' | 'bytes'>;

/** A statement that changes documents, which are found and then changed one at a time. */
export class Modification {
  /** The document that was changed last, or null. */
  before: Uint8Array | null = null;
  after: Uint8Array | null = null;
  private readonly outcome: Outcome = { n: 0, modified: 0 };
  /** What is still to be changed, the next one last. Null where it is to be looked for. */
  private pending: Found[] | null = null;
  private matches: ((bytes: Uint8Array) => boolean) | null = null;

  /**
   * @param ns the collection
   * @param query finds all documents that it is about, or just one
   * @param update what becomes of them; null to delete them
   */
  constructor(
    private readonly call: Call,
    private readonly ns: string,
    private readonly query: Query,
    private readonly update: CompiledUpdate | null,
    private readonly upserts: boolean,
  ) {}

  /** May be called again when it had to wait: it goes on with the same document. */
  run(scope: WriteScope): Outcome {
    const { ns, update, upserts, query } = this;
    const collection = scope.use(ns);
    if (collection) this.changeSelected(scope, collection);
    if (this.outcome.n > 0 || !update || !upserts) return this.outcome;
    const document = update.insert(filterEqualities(query.filter));
    this.after = insertDocument(scope, ns, encodeDocument(document));
    return { n: 1, modified: 0, upserted: document.get('_id')! };
  }

  private changeSelected(scope: WriteScope, collection: StoredCollection): void {
    const view = new CollectionView(collection, scope);
    const { limit } = this.query;
    const pending = this.pending ?? this.search(scope, view);
    // All are found before the first is changed, so that none is met again where its change has moved it. A single one is
    // looked for again after a wait: another one may have taken its place.
    if (limit === 0) this.pending = pending;
    for (let next = pending.at(-1); next; next = pending.at(-1)) {
      const bytes = next.bytes ?? this.matching(view, next.recordId);
      if (bytes) this.change(scope, collection, next.recordId, bytes);
      else if (limit > 0) {
        this.pending = null;
        return this.changeSelected(scope, collection);
      }
      pending.pop();
      if (pending.length > 0) scope.pause();
    }
  }

  /** The document, where it still is one that the statement is about. */
  private matching(view: CollectionView, recordId: number): Uint8Array | null {
    const bytes = view.document(recordId);
    this.matches ??= documentTest([this.query.filter])!;
    return bytes && this.matches(bytes) ? bytes : null;
  }

  private search(scope: WriteScope, view: CollectionView): Found[] {
    const found: Found[] = [];
    for (const row of rowsOf(planQuery(view, this.query), new Run(view))) {
      // Goes on with the search elsewhere where it takes more than a turn.
      if (!row) scope.pause(() => this.searchElsewhere());
      else found.push(this.query.limit > 0 ? row : { recordId: row.recordId });
    }
    return found.reverse();
  }

  /** Searches in a snapshot, while others write. */
  private searchElsewhere(): Promise<void> {
    return this.call.reading(this.ns, async (run) => {
      const found: Found[] = [];
      await runToEnd(planQuery(run.view, this.query), run, ({ recordId }) => void found.push({ recordId }));
      this.pending = found.reverse();
    });
  }

  private change(scope: WriteScope, collection: StoredCollection, recordId: number, before: Uint8Array) {
    const { update } = this;
    const after = update && updateRecord(scope, collection, recordId, before, update);
    if (!update) {
      const fields = decodeFields(before, collection.indexedFields);
      changeRecord(scope, collection, recordId, { bytes: before, fields }, null);
    }
    this.outcome.n += 1;
    if (after !== before) this.outcome.modified += 1;
    [this.before, this.after] = [before, after];
  }
}

/** Changes a stored document; answers with what has become of it, which is the very same where nothing has. */
function updateRecord(
  scope: WriteScope,
  collection: StoredCollection,
  recordId: number,
  bytes: Uint8Array,
  update: CompiledUpdate,
): Uint8Array {
  const { indexedFields } = collection;
  const before = decodeFields(bytes, update.fields);
  const after = update.apply(before);
  if (after === before) return bytes;
  const changed = update.fields ? patchDocument(bytes, before, after) : encodeDocument(after);
  checkSize(changed, 17419);
  const isKnown = !update.fields || [...indexedFields].every((name) => before.get(name) === after.get(name));
  const [old, next] = isKnown
    ? [before, after]
    : [decodeFields(bytes, indexedFields), decodeFields(changed, indexedFields)];
  changeRecord(scope, collection, recordId, { bytes, fields: old }, { bytes: changed, fields: next });
  return changed;
}

function checkSize({ length }: Uint8Array, code: number): void {
  check(length <= MAX_DOCUMENT_BYTES, code, `a document may have at most ${MAX_DOCUMENT_BYTES} bytes`);
}

/**
 * Stores a document as it came, or nearly so; answers with it as it is stored.
 * @throws MongoError DuplicateKey and other refusals of an index, BadValue, InvalidBSON
 */
export function insertDocument(scope: WriteScope, ns: string, document: Uint8Array): Uint8Array {
  const bytes = storable(document);
  const collection = scope.use(ns) ?? createCollection(scope, ns);
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
  checkSize(bytes, 2);
  let ids = 0;
  let [idStart, idEnd] = [FIRST_FIELD, FIRST_FIELD];
  const fields = new ElementScanner(bytes);
  while (fields.next()) {
    const { type, nameStart, nameEnd, valueStart, valueEnd } = fields;
    check(bytes[nameStart] !== DOLLAR, 2, "Document can't have $ prefixed field names");
    const isOpen = type === TIMESTAMP && bytes.subarray(valueStart, valueEnd).every((byte) => byte === 0);
    check(!isOpen, 238, 'an empty timestamp, which stands for the present, is not supported');
    if (nameEnd - nameStart !== 3 || fields.name !== '_id') continue;
    check(!REFUSED_ID_TYPES.has(type), 2, "can't use an array or a regular expression for _id");
    [idStart, idEnd] = [nameStart - 1, valueEnd];
    ids += 1;
  }
  check(ids <= 1, 2, "can't have multiple _id fields in one document");
  if (ids === 1 && idStart === FIRST_FIELD) return bytes;
  const made = () => encodeDocument(new Map([['_id', new ObjectId()]])).subarray(FIRST_FIELD, -1);
  const id = ids === 1 ? bytes.subarray(idStart, idEnd) : made();
  return documentOf([id, bytes.subarray(FIRST_FIELD, idStart), bytes.subarray(idEnd, -1)]);
}
