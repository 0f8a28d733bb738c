import { BsonDocument, BsonNumber, BsonValue, isDocument, isNumber, typeName } from '../language/bson-value';
import { check, MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { CommandRequest } from './request';

/** The names in a list with spaces between them. */
export const namesIn = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** What may stand in any command or statement and is read elsewhere, or needs no attention here. */
const IGNORED = namesIn(
  // Who is asking, and as part of what: transactions/transaction-fields.ts.
  'lsid txnNumber autocommit startTransaction stmtId stmtIds $db maxTimeMS ' +
    // One node: every read sees the latest commit, and every write is on disk when it is answered.
    'readConcern writeConcern $readPreference $clusterTime $configServerState commitQuorum term ' +
    'lastKnownCommittedOpTime allowPartialResults ' +
    // Nothing is logged, versioned, validated, spilled to disk or kept from a user.
    'comment $audit $client apiVersion apiStrict apiDeprecationErrors bypassDocumentValidation allowDiskUse ' +
    'noCursorTimeout oplogReplay readOnce authorizedCollections authorizedDatabases freeStorage',
);
/** Options of MongoDB's that this engine does not have. Drivers send some of them although they ask for nothing. */
const REFUSED = namesIn(
  'collation let max min returnKey showRecordId tailable awaitData explain c arrayFilters capped autoIndexId idIndex ' +
    'size storageEngine validator validationLevel validationAction indexOptionDefaults viewOn pipeline temp ' +
    'timeseries expireAfterSeconds ignoreUnknownIndexOptions full',
);

/** The options of a command or a statement, which are refused where they are none, and checked as they are read. */
export class Options {
  /**
   * @param where for messages: `find`, `update.updates`
   * @param taken the options that there are, but for those of every command; all are taken without it
   * @throws MongoError FailedToParse (9) for a field that is no option, NotImplemented (238) for one that is not here
   */
  constructor(
    private readonly fields: BsonDocument,
    private readonly where: string,
    taken?: ReadonlySet<string>,
  ) {
    if (!taken) return;
    for (const [name, value] of fields) {
      if (taken.has(name) || IGNORED.has(name)) continue;
      check(REFUSED.has(name), 9, `Failed to parse: Unrecognized field '${where}.${name}'.`);
      check(asksForNothing(value), 238, `${where} option '${name}' is not supported`);
    }
  }

  get(name: string): BsonValue | undefined {
    return this.fields.get(name);
  }

  document(name: string): BsonDocument | undefined {
    return this.typed<BsonDocument>(name, isDocument, 'an object');
  }

  boolean(name: string, otherwise = false): boolean {
    const value = this.typed<boolean | BsonNumber>(name, isFlag, 'a boolean') ?? otherwise;
    return isNumber(value) ? toDouble(value) !== 0 : value;
  }

  /** A whole number. */
  number(name: string): number | undefined {
    const value = this.typed<BsonNumber>(name, isNumber, 'a number');
    return value && Math.trunc(toDouble(value));
  }

  /** A whole number of at least `least`. */
  count(name: string, otherwise = 0, least = 0): number {
    const value = this.number(name) ?? otherwise;
    check(value >= least, 2, `${name} must not be less than ${least}, but is ${value}`);
    return value;
  }

  /** An index by its name or its key pattern. */
  hint(): BsonValue | undefined {
    const hint = this.typed<string | BsonDocument>(
      'hint',
      isNameOrDocument,
      'the name or the key pattern of an index',
    );
    return isDocument(hint) && hint.size === 0 ? undefined : hint;
  }

  /** @throws MongoError 40414 where it is missing */
  requiredDocument(name: string): BsonDocument {
    return this.required(name, this.document(name));
  }

  /** @throws MongoError 40414 where it is missing */
  documents(name: string): BsonDocument[] {
    return this.required(name, this.typed<BsonDocument[]>(name, isDocuments, 'an array of objects'));
  }

  /** @throws MongoError 40414 where it is missing */
  string(name: string): string {
    return this.required(name, this.typed<string>(name, isString, 'a string'));
  }

  /** @throws MongoError 40414 where there is no value */
  required<T>(name: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw new MongoError(40414, `BSON field '${this.where}.${name}' is missing but a required field`);
  }

  /** @throws MongoError TypeMismatch (14) */
  private typed<T>(name: string, isRight: (value: BsonValue) => boolean, wanted: string): T | undefined {
    const value = this.fields.get(name) ?? undefined;
    if (value === undefined || isRight(value)) return value as T | undefined;
    throw new MongoError(14, `'${this.where}.${name}' must be ${wanted}, not of type ${typeName(value)}`);
  }
}

function asksForNothing(value: BsonValue): boolean {
  if (value === false || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isDocument(value) && (value.size === 0 || value.get('locale') === 'simple');
}

/** Older clients and the shell send 0 and 1. */
const isFlag = (value: BsonValue) => typeof value === 'boolean' || isNumber(value);
const isString = (value: BsonValue) => typeof value === 'string';
const isDocuments = (value: BsonValue) => Array.isArray(value) && value.every(isDocument);
const isNameOrDocument = (value: BsonValue) => isString(value) || isDocument(value);

/**
 * How long a command may take, in milliseconds; Infinity for as long as it needs.
 * @throws MongoError BadValue
 */
export function timeLimitOf(body: BsonDocument): number {
  const limit = body.get('maxTimeMS');
  if (limit === undefined) return Infinity;
  const milliseconds = isNumber(limit) ? toDouble(limit) : NaN;
  const isRight = Number.isInteger(milliseconds) && milliseconds >= 0 && milliseconds < 2 ** 31;
  check(isRight, 2, 'maxTimeMS must be a whole number of milliseconds from 0 to 2147483647');
  return milliseconds || Infinity;
}

/**
 * The whole name of the collection that a command names as its first field's value: `db.collection`.
 * @throws MongoError InvalidNamespace
 */
export function namespaceOf({ name, db, body }: CommandRequest): string {
  const collection = body.get(name);
  checkDatabaseName(db);
  const isName = typeof collection === 'string' && collection !== '' && !/^\.|\0/.test(collection);
  check(isName, 73, `Invalid collection name in '${db}'`);
  return `${db}.${collection}`;
}

/** @throws MongoError InvalidNamespace also for a collection that users may not make or write */
export function writableNamespaceOf(request: CommandRequest): string {
  const ns = namespaceOf(request);
  const isWritable = !/^[^.]*\.system\.|\$/.test(ns) && Buffer.byteLength(ns) <= 255;
  check(isWritable, 73, `Invalid collection name: '${ns}' cannot be written`);
  return ns;
}

/** @throws MongoError InvalidNamespace */
export function checkDatabaseName(db: string): void {
  const isName = db !== '' && Buffer.byteLength(db) <= 63 && !/[/\\. "$\0]/.test(db);
  check(isName, 73, `Invalid namespace specified '${db}'`);
}
