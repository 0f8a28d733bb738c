import { BsonDocument, BsonValue, isDocument, isNumber, typeName } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import type { CommandRequest } from './command';

/** What may stand in any command, and why nothing more is done about it where nothing is done. */
const genericOptions: ReadonlySet<string> = new Set([
  // Who is asking, and as part of what: transactions/place-in-session.ts.
  'lsid',
  'txnNumber',
  'autocommit',
  'startTransaction',
  'stmtId',
  'stmtIds',
  '$db',
  'maxTimeMS',
  // One node: every read sees the latest commit, and every write is on disk when it is answered.
  'readConcern',
  'writeConcern',
  '$readPreference',
  '$clusterTime',
  '$configServerState',
  // For the operator's log, which the engine does not keep.
  'comment',
  '$audit',
  '$client',
  // Version 1 is the only one, and what it leaves out is not here either.
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
]);

/** The options of one kind of document: a command, a statement. */
export interface KnownOptions {
  readonly taken: ReadonlySet<string>;
  /** Real options of MongoDB's that this engine does not have; fine as long as they ask for nothing. */
  readonly refused?: ReadonlySet<string>;
}

const longestTime = 2 ** 31 - 1;

/** @throws MongoError 40415 for a field that is no option of the command, NotImplemented for one that is refused */
export function assertOptions({ name, body }: CommandRequest, known: KnownOptions): void {
  for (const [option, value] of body) {
    if (option !== name && !genericOptions.has(option)) assertOption(name, option, value, known);
  }
}

/** As `assertOptions`, for a document inside a command: `update.updates`. */
export function assertFields(where: Where, fields: BsonDocument, known: KnownOptions): void {
  for (const [option, value] of fields) assertOption(where, option, value, known);
}

function assertOption(
  where: Where,
  option: string,
  value: BsonValue,
  { taken, refused }: KnownOptions,
): void {
  if (taken.has(option)) return;
  if (!refused?.has(option)) {
    throw new MongoError(40415, `BSON field '${where}.${option}' is an unknown field.`);
  }
  if (!asksForNothing(option, value))
    throw new MongoError(238, `${where} option '${option}' is not supported`);
}

/** Drivers send some options although they say nothing. */
export function asksForNothing(option: string, value: BsonValue): boolean {
  if (value === false || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return (
    isDocument(value) && (value.size === 0 || (option === 'collation' && value.get('locale') === 'simple'))
  );
}

export function isGenericOption(name: string): boolean {
  return genericOptions.has(name);
}

/**
 * How long a command may take, in milliseconds; null for as long as it needs.
 * @throws MongoError BadValue
 */
export function timeLimitOf(body: BsonDocument): number | null {
  const limit = body.get('maxTimeMS');
  if (limit === undefined) return null;
  if (!isNumber(limit)) throw new MongoError(2, 'maxTimeMS must be a number');
  const milliseconds = toDouble(limit);
  if (!Number.isInteger(milliseconds)) throw new MongoError(2, 'maxTimeMS has non-integral value');
  if (milliseconds < 0 || milliseconds > longestTime) {
    throw new MongoError(2, `${milliseconds} value for maxTimeMS is out of range`);
  }
  return milliseconds === 0 ? null : milliseconds;
}

/** Where an option stands, for messages: `update.updates`. */
type Where = string;

/** @throws MongoError TypeMismatch */
export function booleanOption(
  options: BsonDocument,
  name: string,
  where: Where,
  otherwise: boolean,
): boolean {
  const value = options.get(name);
  if (value === undefined) return otherwise;
  if (typeof value === 'boolean') return value;
  // Older clients and the shell send 0 and 1.
  if (isNumber(value)) return toDouble(value) !== 0;
  throw wrongType(name, where, value, 'bool');
}

/** @throws MongoError TypeMismatch */
export function documentOption(options: BsonDocument, name: string, where: Where): BsonDocument | undefined {
  const value = options.get(name);
  if (value === undefined || isDocument(value)) return value;
  throw wrongType(name, where, value, 'object');
}

/** @throws MongoError TypeMismatch, 40414 where it is missing */
export function requiredDocument(options: BsonDocument, name: string, where: Where): BsonDocument {
  const value = documentOption(options, name, where);
  if (!value) throw missing(name, where);
  return value;
}

/** @throws MongoError TypeMismatch, 40414 where it is missing */
export function documentsOption(options: BsonDocument, name: string, where: Where): BsonDocument[] {
  const value = options.get(name);
  if (value === undefined) throw missing(name, where);
  if (!Array.isArray(value)) throw wrongType(name, where, value, 'array');
  value.forEach((element, i) => {
    if (!isDocument(element)) throw wrongType(`${name}.${i}`, where, element, 'object');
  });
  return value as BsonDocument[];
}

export function missing(name: string, where: Where): MongoError {
  return new MongoError(40414, `BSON field '${where}.${name}' is missing but a required field`);
}

export function wrongType(name: string, where: Where, value: BsonValue, expected: string): MongoError {
  return new MongoError(
    14,
    `BSON field '${where}.${name}' is the wrong type '${typeName(value)}', expected type '${expected}'`,
  );
}
