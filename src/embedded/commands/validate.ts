import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../engine';
import { BsonDocument } from '../language/bson-value';
import { decodeFields } from '../language/codec';
import { check } from '../language/errors';
import { CollectionView } from '../storage/view';
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
    check(collection !== null, 26, `Collection '${ns}' does not exist to validate.`);
    const view = new CollectionView(collection, scope);
    const indexes = collection.indexes.map((index) => ({ index, expected: 0, missing: 0, found: 0 }));
    let nrecords = 0;
    for (const { recordId, bytes } of view.scanDocuments()) {
      const fields = decodeFields(bytes, collection.indexedFields);
      for (const counted of indexes) {
        for (const { key, value } of entriesOf(counted.index, fields, recordId)) {
          counted.expected += 1;
          if (!scope.reader.get('indexes', key)?.equals(value)) counted.missing += 1;
        }
      }
      if (++nrecords % STRIDE === 0) await setImmediate();
    }
    const errors: string[] = [];
    for (const counted of indexes) {
      const { id, name } = counted.index;
      const walk = scope.reader.range('indexes', prefixOf(id), endOf(id));
      while (!walk.next().done) if (++counted.found % STRIDE === 0) await setImmediate();
      const { expected, missing, found } = counted;
      if (missing > 0 || found !== expected)
        errors.push(`index '${name}' has ${found} entries of ${expected}; ${missing} are missing or wrong`);
    }
    const known = view.documentCount();
    if (known !== nrecords) errors.push(`${nrecords} documents are stored and ${known} are counted`);
    const keysPerIndex = Object.fromEntries(indexes.map(({ index, found }) => [index.name, found]));
    return bson({ ns, nrecords, nIndexes: indexes.length, keysPerIndex, valid: errors.length === 0, errors });
  } finally {
    scope.release();
  }
}
