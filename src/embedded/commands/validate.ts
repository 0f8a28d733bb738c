import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../engine';
import { decodeFields } from '../language/codec';
import { check } from '../language/errors';
import { CollectionView } from '../storage/view';
import { endOf, prefixOf } from '../storage/keys';
import { entriesOf } from '../storage/records';
import { namespaceOf } from './options';
import { bson, CommandRequest, Reply } from './request';

/** Documents or entries between two pauses in which others are served. */
const STRIDE = 500;

/** Checks that the indexes hold exactly the entries of the collection's documents, and that these are counted right. */
export async function validate(request: CommandRequest, engine: Engine): Promise<Reply> {
  const ns = namespaceOf(request);
  const scope = engine.readScope(request);
  try {
    const collection = scope.catalog.find(ns);
    check(collection !== null, 26, `Collection '${ns}' does not exist to validate.`);
    const { indexes, indexedFields } = collection;
    const view = new CollectionView(collection, scope);
    let [nrecords, expected, wrong, found] = [0, 0, 0, 0];
    for (const { recordId, bytes } of view.scanDocuments()) {
      const fields = decodeFields(bytes, indexedFields);
      for (const { key, value } of indexes.flatMap((index) => entriesOf(index, fields, recordId))) {
        expected += 1;
        if (!scope.reader.get('indexes', key)?.equals(value)) wrong += 1;
      }
      if (++nrecords % STRIDE === 0) await setImmediate();
    }
    for (const { id } of indexes) {
      const walk = scope.reader.range('indexes', prefixOf(id), endOf(id));
      while (!walk.next().done) if (++found % STRIDE === 0) await setImmediate();
    }
    const counted = view.totals().documents;
    const valid = wrong === 0 && found === expected && counted === nrecords;
    const problem = `${found} entries of ${expected}, ${wrong} missing or wrong; ${counted} documents counted`;
    return bson({ ns, nrecords, nIndexes: indexes.length, valid, errors: valid ? [] : [problem] });
  } finally {
    scope.release();
  }
}
