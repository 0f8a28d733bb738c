import { setImmediate } from 'node:timers/promises';
import { Int32 } from 'bson';
import type { Engine } from '../engine';
import { decodeFields } from '../language/codec';
import { MongoError } from '../language/errors';
import { StoredCollection, StoredIndex } from '../storage/catalog';
import { ReadScope, ScopedCollectionView } from '../storage/collection-view';
import { entriesOf } from '../storage/records';
import { endOf, prefixOf } from '../storage/keys';
import { namespaceOf } from './options';
import { CommandRequest, Reply, replyOf, ReplyValue } from './request';

/** Documents or entries between two pauses in which others are served. */
const stride = 500;

/** What is wrong with one index. */
interface IndexFindings {
  readonly index: StoredIndex;
  expected: number;
  missing: number;
  found: number;
}

/** Checks that every index holds exactly the entries of the collection's documents, and that they are counted right. */
export async function validate(request: CommandRequest, engine: Engine): Promise<Reply> {
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

async function findingsOf(collection: StoredCollection, scope: ReadScope): Promise<Reply> {
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
    if (++documents % stride === 0) await setImmediate();
  }
  for (const findings of indexes) findings.found = await entryCount(findings.index, scope);
  const errors = indexes.flatMap(errorsOf);
  const counted = view.documentCount();
  if (counted !== documents) errors.push(`${documents} documents are stored and ${counted} are counted`);
  return reply(collection, documents, indexes, errors);
}

async function entryCount({ id }: StoredIndex, { reader }: ReadScope): Promise<number> {
  let count = 0;
  const walk = reader.range('indexes', prefixOf(id), endOf(id));
  while (!walk.next().done) {
    if (++count % stride === 0) await setImmediate();
  }
  return count;
}

function errorsOf({ index, expected, missing, found }: IndexFindings): string[] {
  if (missing === 0 && found === expected) return [];
  return [`index '${index.name}' has ${found} entries of ${expected}; ${missing} are missing or wrong`];
}

function reply(
  { ns, indexes }: StoredCollection,
  documents: number,
  findings: readonly IndexFindings[],
  errors: string[],
): Reply {
  return replyOf<ReplyValue>({
    ns,
    nInvalidDocuments: new Int32(0),
    nrecords: new Int32(documents),
    nIndexes: new Int32(indexes.length),
    keysPerIndex: new Map(findings.map(({ index, found }) => [index.name, new Int32(found)])),
    indexDetails: new Map(
      findings.map((each) => [each.index.name, new Map([['valid', errorsOf(each).length === 0]])]),
    ),
    valid: errors.length === 0,
    warnings: [],
    errors,
    extraIndexEntries: [],
    missingIndexEntries: [],
  });
}
