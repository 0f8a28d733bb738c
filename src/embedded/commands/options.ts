import { BsonDocument, BsonValue, isDocument, isNumber, typeName } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { CommandRequest } from './command';
import { asksForNothing, isGenericOption, timeLimitOf } from './generic-options';

/** How a command treats each of its own fields; any other is an error. */
export interface OptionTable {
  readonly taken: readonly string[];
  /** Of no consequence here: tuning for storage, memory or clusters. */
  readonly ignored?: readonly string[];
  /** Real options of MongoDB's that this engine does not have. */
  readonly refused?: readonly string[];
  /** Commands that MongoDB 4.4 generates the parser of (count, distinct) word their errors in their own way. */
  readonly generated?: boolean;
}

/** The fields of a command, with their types checked as they are read. */
export class Options {
  /** @throws MongoError FailedToParse (9) or 40415 for a field that is none, NotImplemented (238) for a refused one */
  constructor(
    private readonly request: CommandRequest,
    private readonly table: OptionTable,
  ) {
    for (const [name, value] of request.body) {
      if (name === request.name || isGenericOption(name)) continue;
      if (table.taken.includes(name) || table.ignored?.includes(name)) continue;
      if (!table.refused?.includes(name)) throw this.unknown(name);
      if (!asksForNothing(name, value))
        throw new MongoError(238, `${request.name} option '${name}' is not supported`);
    }
  }

  get(name: string): BsonValue | undefined {
    return this.request.body.get(name);
  }

  document(name: string): BsonDocument {
    const value = this.get(name);
    if (value === undefined || (value === null && this.table.generated)) return new Map();
    if (!isDocument(value)) throw this.wrongType(name, value, 'object');
    return value;
  }

  boolean(name: string): boolean {
    const value = this.get(name) ?? false;
    if (isNumber(value)) return toDouble(value) !== 0;
    if (typeof value !== 'boolean') throw this.wrongType(name, value, 'bool');
    return value;
  }

  /** @throws MongoError 40414 where it is missing */
  string(name: string): string {
    const value = this.get(name);
    if (value === undefined) {
      throw new MongoError(
        40414,
        `BSON field '${this.request.name}.${name}' is missing but a required field`,
      );
    }
    if (typeof value !== 'string') throw this.wrongType(name, value, 'string');
    return value;
  }

  /** A whole number; null where there is none. */
  number(name: string): number | null {
    const value = this.get(name);
    if (value == null) return null;
    if (!isNumber(value)) throw this.wrongType(name, value, 'numeric');
    return Math.trunc(toDouble(value));
  }

  /** A whole number of 0 or more; 0 where there is none. `label` is MongoDB's word for it: `Limit`. */
  count(name: string, label: string): number {
    const value = this.number(name) ?? 0;
    if (value < 0) throw new MongoError(2, `${label} value must be non-negative, but received: ${value}`);
    return value;
  }

  /** An index by its name or its key pattern. */
  hint(): BsonValue | undefined {
    const hint = this.get('hint');
    if (hint == null || (isDocument(hint) && hint.size === 0)) return undefined;
    if (typeof hint === 'string' || isDocument(hint)) return hint;
    throw new MongoError(9, 'Hint must be either a string or nested object');
  }

  /** When the command must have ended, by `performance.now()`. */
  deadline(): number {
    const limit = timeLimitOf(this.request.body);
    return limit === null ? Infinity : performance.now() + limit;
  }

  private unknown(name: string): MongoError {
    return this.table.generated
      ? new MongoError(40415, `BSON field '${this.request.name}.${name}' is an unknown field.`)
      : new MongoError(9, `Failed to parse: Unrecognized field '${name}'.`);
  }

  private wrongType(name: string, value: BsonValue, expected: string): MongoError {
    if (this.table.generated) {
      const types = expected === 'numeric' ? "types '[long, int, decimal, double']" : `type '${expected}'`;
      const field = `${this.request.name}.${name}`;
      return new MongoError(
        14,
        `BSON field '${field}' is the wrong type '${typeName(value)}', expected ${types}`,
      );
    }
    const rule = expected === 'numeric' ? 'must be numeric' : `must be of BSON type ${expected}`;
    return new MongoError(9, `Failed to parse: '${name}' field ${rule}.`);
  }
}
