import { BsonDocument, BsonValue, isDocument, isNumber, typeName } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { CommandRequest } from './request';

/** What may stand in any command, and why nothing more is done about it where nothing is done. */
const genericOptions: ReadonlySet<string> = new Set([
  // Who is asking, and as part of what: transactions/transaction-fields.ts.
  ...['lsid', 'txnNumber', 'autocommit', 'startTransaction', 'stmtId', 'stmtIds', '$db', 'maxTimeMS'],
  // One node: every read sees the latest commit, and every write is on disk when it is answered.
  ...['readConcern', 'writeConcern', '$readPreference', '$clusterTime', '$configServerState'],
  // For the operator's log, which the engine does not keep.
  ...['comment', '$audit', '$client'],
  // Version 1 is the only one, and what it leaves out is not here either.
  ...['apiVersion', 'apiStrict', 'apiDeprecationErrors'],
]);

/** The options of one kind of document: a command, a statement. Lists of names with spaces between them. */
export interface OptionNames {
  readonly taken?: string;
  /** Of no consequence here: tuning for storage, memory or clusters. */
  readonly ignored?: string;
  /** Real options of MongoDB's that this engine does not have; fine as long as they ask for nothing. */
  readonly refused?: string;
  /** Some commands of MongoDB 4.4 answer FailedToParse (9) for unknown options and wrong types; the others 40415 and 14. */
  readonly failsToParse?: boolean;
}

/** Knows which options there are, and refuses every other one. */
export class OptionTable {
  readonly failsToParse: boolean;
  private readonly known: ReadonlySet<string>;
  private readonly refused: ReadonlySet<string>;

  constructor({ taken = '', ignored = '', refused = '', failsToParse = false }: OptionNames) {
    this.known = new Set(`${taken} ${ignored}`.split(' '));
    this.refused = new Set(refused.split(' '));
    this.failsToParse = failsToParse;
  }

  /** @throws MongoError 40415 or FailedToParse for a field that is no option, NotImplemented for a refused one */
  check(where: string, fields: BsonDocument, isCommand = false): void {
    for (const [option, value] of fields) {
      if (this.known.has(option) || (isCommand && (option === where || genericOptions.has(option)))) continue;
      if (!this.refused.has(option)) {
        throw this.failsToParse
          ? new MongoError(9, `Failed to parse: Unrecognized field '${option}'.`)
          : new MongoError(40415, `BSON field '${where}.${option}' is an unknown field.`);
      }
      if (!asksForNothing(option, value))
        throw new MongoError(238, `${where} option '${option}' is not supported`);
    }
  }
}

/** Drivers send some options although they say nothing. */
function asksForNothing(option: string, value: BsonValue): boolean {
  if (value === false || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (!isDocument(value)) return false;
  return value.size === 0 || (option === 'collation' && value.get('locale') === 'simple');
}

/** The fields of a command or a statement, with their types checked as they are read. */
export class Options {
  /**
   * @param where for messages: `find`, `update.updates`
   * @param typeError the code for a value of a wrong type
   */
  constructor(
    private readonly fields: BsonDocument,
    private readonly where: string,
    private readonly typeError = 14,
  ) {}

  get(name: string): BsonValue | undefined {
    return this.fields.get(name);
  }

  document(name: string): BsonDocument | undefined {
    const value = this.get(name);
    if (value === undefined || isDocument(value)) return value;
    throw this.wrongType(name, value, 'object');
  }

  /** @throws MongoError 40414 where it is missing */
  required(name: string): BsonDocument {
    const value = this.document(name);
    if (!value) throw this.missing(name);
    return value;
  }

  /** @throws MongoError 40414 where it is missing */
  documents(name: string): BsonDocument[] {
    const value = this.get(name);
    if (value === undefined) throw this.missing(name);
    if (!Array.isArray(value)) throw this.wrongType(name, value, 'array');
    value.forEach((element, i) => {
      if (!isDocument(element)) throw this.wrongType(`${name}.${i}`, element, 'object');
    });
    return value as BsonDocument[];
  }

  boolean(name: string, otherwise = false): boolean {
    const value = this.get(name) ?? otherwise;
    // Older clients and the shell send 0 and 1.
    if (isNumber(value)) return toDouble(value) !== 0;
    if (typeof value !== 'boolean') throw this.wrongType(name, value, 'bool');
    return value;
  }

  /** @throws MongoError 40414 where it is missing */
  string(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw this.missing(name);
    if (typeof value !== 'string') throw this.wrongType(name, value, 'string');
    return value;
  }

  /** A whole number; null where there is none. */
  number(name: string): number | null {
    const value = this.get(name);
    if (value == null) return null;
    if (!isNumber(value)) throw this.wrongType(name, value, 'number');
    return Math.trunc(toDouble(value));
  }

  /** A whole number of 0 or more. */
  count(name: string, otherwise = 0): number {
    const value = this.number(name) ?? otherwise;
    if (value < 0) throw new MongoError(2, `${name} must be non-negative, but received: ${value}`);
    return value;
  }

  /** An index by its name or its key pattern. */
  hint(): BsonValue | undefined {
    const hint = this.get('hint');
    if (hint == null || (isDocument(hint) && hint.size === 0)) return undefined;
    if (typeof hint === 'string' || isDocument(hint)) return hint;
    throw new MongoError(9, 'hint must be the name or the key pattern of an index');
  }

  /** When the command must have ended, by `performance.now()`. */
  deadline(): number {
    const limit = timeLimitOf(this.fields);
    return limit === null ? Infinity : performance.now() + limit;
  }

  missing(name: string): MongoError {
    return new MongoError(40414, `BSON field '${this.where}.${name}' is missing but a required field`);
  }

  private wrongType(name: string, value: BsonValue, expected: string): MongoError {
    const message = `BSON field '${this.where}.${name}' is the wrong type '${typeName(value)}', expected type '${expected}'`;
    return new MongoError(this.typeError, message);
  }
}

/**
 * How long a command may take, in milliseconds; null for as long as it needs.
 * @throws MongoError BadValue
 */
export function timeLimitOf(body: BsonDocument): number | null {
  const limit = body.get('maxTimeMS');
  if (limit === undefined) return null;
  const milliseconds = isNumber(limit) ? toDouble(limit) : NaN;
  if (!Number.isInteger(milliseconds) || milliseconds < 0 || milliseconds >= 2 ** 31) {
    throw new MongoError(2, 'maxTimeMS must be a whole number of milliseconds from 0 to 2147483647');
  }
  return milliseconds || null;
}

/**
 * The collection that a command names as its first field's value.
 * @throws MongoError InvalidNamespace
 */
export function collectionNameOf({ name, db, body }: CommandRequest): string {
  const collection = body.get(name);
  assertDatabaseName(db);
  const isName = typeof collection === 'string' && collection !== '' && !/^\.|\0/.test(collection);
  if (!isName) throw new MongoError(73, `Invalid collection name in '${db}'`);
  return collection;
}

/** The whole name of the collection that a command names: `db.collection`. */
export function namespaceOf(request: CommandRequest): string {
  return `${request.db}.${collectionNameOf(request)}`;
}

/** @throws MongoError InvalidNamespace for a collection that users may not make or write */
export function writableNamespaceOf(request: CommandRequest): string {
  const collection = collectionNameOf(request);
  const ns = `${request.db}.${collection}`;
  if (collection.startsWith('system.') || collection.includes('$') || Buffer.byteLength(ns) > 255) {
    throw new MongoError(73, `Invalid collection name: '${ns}' cannot be written`);
  }
  return ns;
}

export function assertDatabaseName(db: string): void {
  if (db === '' || Buffer.byteLength(db) > 63 || /[/\\. "$\0]/.test(db)) {
    throw new MongoError(73, `Invalid namespace specified '${db}'`);
  }
}
