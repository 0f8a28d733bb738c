import { BsonDocument, BsonNumber, BsonValue, isDocument, isNumber, typeName } from '../language/bson-value';
import { check, MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { CommandRequest } from './request';

/** What may stand in any command or statement: it is read elsewhere, or makes no difference here. */
const IGNORED =
  // Who is asking, and as part of what: transactions/sessions.ts.
  'lsid txnNumber autocommit startTransaction $db maxTimeMS ' +
  // One node: every read sees the latest commit, and every write is on disk when it is answered.
  'readConcern writeConcern $readPreference $clusterTime $configServerState commitQuorum term ' +
  'lastKnownCommittedOpTime allowPartialResults ' +
  // Nothing is logged, versioned, validated, spilled to disk or kept from a user.
  'comment $audit $client apiVersion apiStrict apiDeprecationErrors bypassDocumentValidation allowDiskUse ' +
  'noCursorTimeout oplogReplay readOnce authorizedCollections authorizedDatabases freeStorage';
/** Options of MongoDB's that this engine does not have. Drivers send some of them although they ask for nothing. */
const REFUSED = new Set(
  (
    'collation let max min returnKey showRecordId tailable awaitData explain c arrayFilters hint capped autoIndexId ' +
    'idIndex size storageEngine validator validationLevel validationAction indexOptionDefaults viewOn pipeline temp ' +
    'timeseries expireAfterSeconds ignoreUnknownIndexOptions'
  ).split(' '),
);

/** The options named, with spaces between them, and those of every command. */
export function optionNames(names: string): ReadonlySet<string> {
  return new Set(`${names} ${IGNORED}`.split(' '));
}

/** The commands that can be explained too, with their options. */
export const READS = {
  find: 'filter sort projection hint skip limit batchSize singleBatch',
  aggregate: 'pipeline cursor hint',
  count: 'query limit skip hint fields',
};

/**
 * Refuses what a single node cannot do: have a write acknowledged by others, or read the past.
 * @throws MongoError UnsatisfiableWriteConcern (100), NotImplemented (238)
 */
export function checkConcerns(body: BsonDocument): void {
  const [writes, reads] = [body.get('writeConcern'), body.get('readConcern')];
  const w = (isDocument(writes) && writes.get('w')) || 'majority';
  check(w === 'majority' || (isNumber(w) && toDouble(w) <= 1), 100, 'There is one node only');
  check(!(isDocument(reads) && reads.has('atClusterTime')), 238, 'atClusterTime is not supported');
}

interface Types {
  'an object': BsonDocument;
  'an array of objects': BsonDocument[];
  /** Older clients and the shell send 0 and 1. */
  'a boolean': boolean | BsonNumber;
  'a number': BsonNumber;
  'a string': string;
}
const TYPES: { readonly [Type in keyof Types]: (value: BsonValue) => boolean } = {
  'an object': isDocument,
  'an array of objects': (value) => Array.isArray(value) && value.every(isDocument),
  'a boolean': (value) => typeof value === 'boolean' || isNumber(value),
  'a number': isNumber,
  'a string': (value) => typeof value === 'string',
};

/** The options of a command or a statement, which are refused where they are none, and checked as they are read. */
export class Options {
  /**
   * @param fields as they were sent
   * @param where for messages: `find`, `update.updates`
   * @param taken the options that there are; any is taken without it
   * @throws MongoError FailedToParse (9) for a field that is no option, NotImplemented (238) for one that is not here
   */
  constructor(
    readonly fields: BsonDocument,
    private readonly where: string,
    taken?: ReadonlySet<string>,
  ) {
    if (!taken) return;
    for (const [name, value] of fields) {
      if (taken.has(name)) continue;
      check(REFUSED.has(name), 9, `Failed to parse: Unrecognized field '${where}.${name}'.`);
      check(asksForNothing(value), 238, `${where} option '${name}' is not supported`);
    }
  }

  /** @throws MongoError TypeMismatch (14) */
  get<Type extends keyof Types>(name: string, type: Type): Types[Type] | undefined {
    const value = this.fields.get(name) ?? undefined;
    if (value === undefined || TYPES[type](value)) return value as Types[Type] | undefined;
    throw new MongoError(14, `'${this.where}.${name}' must be ${type}, not of type ${typeName(value)}`);
  }

  /** @throws MongoError 40414 where it is missing, TypeMismatch (14) */
  need<Type extends keyof Types>(name: string, type: Type): Types[Type] {
    const value = this.get(name, type);
    if (value !== undefined) return value;
    throw new MongoError(40414, `BSON field '${this.where}.${name}' is missing but a required field`);
  }

  document(name: string): BsonDocument {
    return this.get(name, 'an object') ?? new Map();
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.get(name, 'a boolean') ?? otherwise;
    return isNumber(value) ? toDouble(value) !== 0 : value;
  }

  /** A whole number of at least `least`. */
  count(name: string, otherwise = 0, least = 0): number {
    const number = this.get(name, 'a number');
    const value = number ? Math.trunc(toDouble(number)) : otherwise;
    check(value >= least, 2, `'${this.where}.${name}' must not be less than ${least}`);
    return value;
  }

  /** An index by its name or its key pattern. */
  hint(): string | BsonDocument | undefined {
    const hint = this.fields.get('hint');
    if (typeof hint === 'string') return hint;
    const pattern = this.document('hint');
    return pattern.size > 0 ? pattern : undefined;
  }
}

function asksForNothing(value: BsonValue): boolean {
  if (value === false || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isDocument(value) && (value.size === 0 || value.get('locale') === 'simple');
}

/** How long a command may take, in milliseconds; Infinity for as long as it needs. */
export function timeLimitOf(body: BsonDocument): number {
  return new Options(body, 'command').count('maxTimeMS') || Infinity;
}

/** What MongoDB allows as `db.collection`. */
const NAMESPACE = /^[^/\\. "$\0]{1,63}\.[^.\0][^\0]*$/;
const NOT_WRITABLE = /^[^.]*\.system\.|\$/;
const MOST_BYTES = 255;

/**
 * The whole name of the collection that a command names as its first field's value: `db.collection`.
 * @throws MongoError InvalidNamespace, also for a collection that users may not make or write
 */
export function namespaceOf({ name, db, body }: CommandRequest, isWritten = false): string {
  const collection = body.get(name);
  const ns = typeof collection === 'string' ? `${db}.${collection}` : '';
  const isForbidden = isWritten && (NOT_WRITABLE.test(ns) || Buffer.byteLength(ns) > MOST_BYTES);
  check(NAMESPACE.test(ns) && !isForbidden, 73, `Invalid namespace specified '${ns}'`);
  return ns;
}
