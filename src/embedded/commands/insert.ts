import type { Engine } from '../engine';
import { decodeFields } from '../language/codec';
import { StoredCollection } from '../storage/catalog';
import { createCollection } from '../storage/catalog-changes';
import { insertRecord } from '../storage/records';
import { WriteScope } from '../storage/write-scope';
import { bulkReply, runBulk } from './bulk-write';
import type { CommandRequest, Reply } from './command';
import { assertOptions, booleanOption } from './generic-options';
import { assertWritable, namespaceOf } from './namespace';
import { storable } from './storable';

const options = { taken: new Set(['documents', 'ordered', 'bypassDocumentValidation']) };

export async function insert(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, options);
  const ns = namespaceOf(request);
  assertWritable(ns);
  const totals = await runBulk(request, engine, {
    count: request.rawDocuments.length,
    ordered: booleanOption(request.body, 'ordered', 'insert', true),
    perform: (scope, index) => {
      const bytes = storable(request.rawDocuments[index]!);
      storeDocument(scope, collectionFor(scope, ns), bytes);
      return { n: 1 };
    },
  });
  return bulkReply(totals, false);
}

/** The collection, made where it is missing: the first insert does that. */
export function collectionFor(scope: WriteScope, ns: string): StoredCollection {
  return scope.use(ns) ?? createCollection(scope, ns);
}

/** @throws MongoError DuplicateKey and other refusals of an index */
export function storeDocument(scope: WriteScope, collection: StoredCollection, bytes: Uint8Array): void {
  const fields = decodeFields(bytes, collection.indexedFields);
  insertRecord(scope, collection, scope.ids.nextRecord(collection.id, scope.reader), { bytes, fields });
}
