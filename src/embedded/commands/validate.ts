import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../engine';
import { BsonDocument } from '../language/bson-value';
import { decodeFields } from '../language/codec';
import { MongoError } from '../language/errors';
import { StoredCollection } from '../storage/catalog';
import { ReadScope, ScopedCollectionView } from '../storage/collection-view';
import { endOf, prefixOf } from '../storage/keys';
import { entriesOf } from '../storage/records';
import { namespaceOf } from './options';
import { bson, CommandRequest } from './request';

/** Documents or entries between two pauses in which others are served. */
const STRIDE = 500;

/** Checks that every index holds exactly the entries of the collection's documents, and that they are counted right. */
export async function validate(request: CommandRequest, engine: Engine): Promise<BsonDocument> {
  const ns = namespaceOf(request);
  const scope = engine.readScope(request);
  try {
    const collection = scope.catalog.find(ns);
    if (!collection) throw new MongoError(26, `Collection '${ns}' does not exist to validate.`);
    return await findingsOf(collection, scope);
  } finally {
    scope.release();
  }
}

async function findingsOf(collection: StoredCollection, scope: ReadScope): Promise<BsonDocument> {
  const view = new ScopedCollectionView(collection, scope);
  const indexes = collection.entryIndexes.map((index) => ({ index, expected: 0, missing: 0, found: 0 }));
  let documents = 0;
  for (const { recordId, bytes } of view.scanDocuments()) {
    const fields = decodeFields(bytes, collection.indexedFields);
    for (const findings of indexes) {
      for (const { key, value } of entriesOf(findings.index, fields, recordId)) {
        findings.expected += 1;
        if (!scope.reader.get('indexes', key)?.equals(value)) findings.missing += 1;
      }
    }
    if (++documents % STRIDE === 0) await setImmediate();
  }
  for (const findings of indexes) {
    const { id } = findings.index;
    const walk = scope.reader.range('indexes', prefixOf(id), endOf(id));
    while (!walk.next().done) if (++findings.found % STRIDE === 0) await setImmediate();
  }
  const wrong = indexes.filter(({ expected, missing, found }) => missing > 0 || found !== expected);
  const errors = wrong.map(
    ({ index: { name }, expected, missing, found }) =>
      `index '${name}' has ${found} entries of ${expected}; ${missing} are missing or wrong`,
  );
  const counted = view.documentCount();
  if (counted !== documents) errors.push(`${documents} documents are stored and ${counted} are counted`);
  const details = indexes.map((each) => [each.index.name, { valid: !wrong.includes(each) }]);
  return bson({
    ...{ ns: collection.ns, nInvalidDocuments: 0, nrecords: documents, nIndexes: collection.indexes.length },
    ...{ keysPerIndex: Object.fromEntries(indexes.map(({ index, found }) => [index.name, found])) },
    ...{ indexDetails: Object.fromEntries(details), valid: errors.length === 0, warnings: [], errors },
    ...{ extraIndexEntries: [], missingIndexEntries: [] },
  });
}
