import { Double, EJSON, ObjectId } from 'bson';
import { Plain, Value } from './bson-value';

/** The names of the codes that the engine answers with; five-digit codes are called `Location<code>`. */
const CODE_NAMES = new Map(
  `
  1 InternalError, 2 BadValue, 8 UnknownError, 9 FailedToParse, 13 Unauthorized, 14 TypeMismatch,
  15 Overflow, 16 InvalidLength, 22 InvalidBSON, 26 NamespaceNotFound, 27 IndexNotFound, 28 PathNotViable,
  40 ConflictingUpdateOperators, 43 CursorNotFound, 48 NamespaceExists, 50 MaxTimeMSExpired,
  52 DollarPrefixedFieldName, 54 NotSingleValueField, 56 EmptyFieldName, 59 CommandNotFound,
  66 ImmutableField, 67 CannotCreateIndex, 72 InvalidOptions, 73 InvalidNamespace, 85 IndexOptionsConflict,
  86 IndexKeySpecsConflict, 100 UnsatisfiableWriteConcern, 112 WriteConflict, 117 ConflictingOperationInProgress, 125 CommandFailed,
  146 ExceededMemoryLimit, 168 InvalidPipelineOperator, 171 CannotIndexParallelArrays,
  197 InvalidIndexSpecificationOption, 217 IncompleteTransactionHistory,
  225 TransactionTooOld, 237 CursorKilled, 238 NotImplemented,
  246 SnapshotUnavailable, 251 NoSuchTransaction, 256 TransactionCommitted, 257 TransactionTooLarge,
  263 OperationNotSupportedInTransaction, 292 QueryExceededMemoryLimitNoDiskUseAllowed,
  352 UnsupportedOpQueryCommand, 11000 DuplicateKey, 14031 OutOfDiskSpace, 17280 KeyTooLong
  `
    .split(',')
    .map((entry) => entry.trim().split(' ') as [string, string]),
);

/** A failure as MongoDB answers it. Whatever else is thrown is a fault of the engine's own. */
export class MongoError extends Error {
  override readonly name = 'MongoError';

  /** @param extra further fields of the reply, such as `keyPattern` and `keyValue` */
  constructor(
    readonly code: number,
    message: string,
    readonly extra: Plain = {},
  ) {
    super(message);
  }

  get codeName(): string {
    return CODE_NAMES.get(String(this.code)) ?? `Location${this.code}`;
  }
}

/** The errors that end a transaction, and with which drivers run it again: WriteConflict, SnapshotUnavailable, NoSuchTransaction. */
export const TRANSIENT_CODES: ReadonlySet<number> = new Set([112, 246, 251]);

/** @throws MongoError where the condition does not hold */
export function check(condition: boolean, code: number, message: string): asserts condition {
  if (!condition) throw new MongoError(code, message);
}

/** A value as MongoDB prints it in the message of a duplicate key; the rarer types as Extended JSON. */
export function formatForMessage(value: Value): string {
  if (value instanceof Map) {
    const fields = Array.from(value, ([name, inner]) => `${name}: ${formatForMessage(inner)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  if (value instanceof Double && Number.isInteger(value.value)) return `${value.value}.0`;
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`;
  return EJSON.stringify(value);
}
