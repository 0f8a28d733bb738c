import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  ObjectId,
  Timestamp,
} from 'bson';
import { BsonDocument, BsonNumber, BsonValue, isNumber } from './bson-value';
import { canonicalType, textOf } from './compare';
import { MongoError } from './errors';
import { KeyWriter } from './key-writer';
import { doubleBelow, significantDigits } from './numbers';
import { arrayIndexOf } from './path';

/** An empty array's place in an index: before null, as MongoDB's `undefined`. */
const NOTHING = Symbol('nothing in an empty array');
type KeyValue = BsonValue | undefined | typeof NOTHING;

/**
 * The first byte of a component is its type: never 0, never above 127. Turned over for a descending index it is above
 * 127, so a component shows by itself which way it was written.
 */
const typeByte = (canonical: number): number => canonical + 2;
const UNDEFINED_TYPE = typeByte(0);
const NUMBER_TYPE = typeByte(10);
const DESCENDING = 0x80;

const writer = new KeyWriter();

/**
 * One component of an index key. Its bytes compare as `compareValues` compares (the other way round for -1), no
 * component is the beginning of another, and equal numbers of different types are the same bytes. Missing is null.
 */
export function encodeKeyComponent(value: BsonValue | undefined, direction: 1 | -1): Uint8Array {
  return encodeComponent(value, direction);
}

function encodeComponent(value: KeyValue, direction: 1 | -1): Uint8Array {
  writer.reset();
  if (value === NOTHING) writer.byte(UNDEFINED_TYPE);
  else writeComponent(value);
  return writer.finish(direction);
}

function writeComponent(value: BsonValue | undefined): void {
  writer.byte(typeByte(canonicalType(value)));
  writeBody(value);
}

function writeBody(value: BsonValue | undefined): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'string') return writer.text(value);
  if (typeof value === 'boolean') return writer.byte(Number(value));
  if (isNumber(value)) return writeNumber(value);
  if (value instanceof Map) return writeDocument(value);
  if (Array.isArray(value)) return writeArray(value);
  if (value instanceof Date) return writer.double(value.getTime());
  if (value instanceof ObjectId) return writer.raw(value.id);
  if (value instanceof Binary) return writeBinary(value);
  if (value instanceof BSONRegExp) return writeTexts(value.pattern, value.options);
  if (value instanceof Timestamp) return writeTimestamp(value);
  if (value instanceof BSONSymbol) return writer.text(textOf(value));
  if (value instanceof Code) return writeCode(value);
}

/** The greatest double below or at the number, then 0, or 1 and the decimal digits where that is not all of it. */
function writeNumber(value: BsonNumber): void {
  if (value instanceof Int32 || value instanceof Double) {
    writer.double(value.value);
    return writer.byte(0);
  }
  const { double, exact } = doubleBelow(value);
  writer.double(double);
  writer.byte(exact ? 0 : 1);
  if (!exact) writeDigits(value as Long | Decimal128);
}

function writeDigits(value: Long | Decimal128): void {
  const { digits, exponent, negative } = significantDigits(value);
  const flip = negative ? 0xff : 0;
  const biased = exponent + 0x4000;
  for (const byte of [biased >> 8, biased & 0xff, ...Buffer.from(digits), 0]) writer.byte(byte ^ flip);
}

function writeDocument(document: BsonDocument): void {
  for (const [name, value] of document) {
    writer.byte(typeByte(canonicalType(value)));
    writer.text(name);
    writeBody(value);
  }
  writer.byte(0);
}

function writeArray(values: BsonValue[]): void {
  for (const value of values) writeComponent(value);
  writer.byte(0);
}

function writeBinary(value: Binary): void {
  writer.uint32(value.length());
  writer.byte(value.sub_type);
  writer.raw(value.value());
}

function writeTimestamp(value: Timestamp): void {
  writer.uint32(value.high);
  writer.uint32(value.low);
}

function writeTexts(...texts: string[]): void {
  for (const text of texts) writer.text(text);
}

function writeCode(value: Code): void {
  writer.text(value.code);
  if (value.scope != null) writeDocument(value.scope as BsonDocument);
}

/** Where one field of an index key is being looked for. */
interface Search {
  readonly value: BsonValue | undefined;
  /** The names still to follow. */
  readonly path: readonly string[];
  /** False for an array element: an array inside an array is a value. */
  readonly expands: boolean;
}

/**
 * The keys that a document has in an index, each a list of components: one key, or one for each array element. None in
 * a wildcard index, which is never used to answer.
 * @throws MongoError CannotIndexParallelArrays (171)
 */
export function indexKeysOf(document: BsonDocument, keyPattern: BsonDocument): Uint8Array[][] {
  const fields = keyFieldsOf(keyPattern);
  if (fields === null) return [];
  const searches = fields.map(({ path }) => ({ value: document, path, expands: true }));
  const keys = keyValues(searches).map((values) =>
    values.map((value, i) => encodeComponent(value, fields[i]!.direction)),
  );
  return keys.length === 1 ? keys : withoutRepeats(keys);
}

interface KeyField {
  readonly path: readonly string[];
  readonly direction: 1 | -1;
}

const knownPatterns = new WeakMap<BsonDocument, readonly KeyField[] | null>();

/** The fields of a key pattern, which never changes; null for a wildcard's. */
function keyFieldsOf(keyPattern: BsonDocument): readonly KeyField[] | null {
  const known = knownPatterns.get(keyPattern);
  if (known !== undefined) return known;
  const isWildcard = [...keyPattern.keys()].some((path) => path.endsWith('$**'));
  const fields = Array.from(keyPattern, ([path, order]) => ({
    path: path.split('.'),
    direction: directionOf(order),
  }));
  knownPatterns.set(keyPattern, isWildcard ? null : fields);
  return isWildcard ? null : fields;
}

/** Which way a key pattern's number points. */
export function directionOf(order: BsonValue): 1 | -1 {
  return isNumber(order) && Number(order.toString()) < 0 ? -1 : 1;
}

function withoutRepeats(keys: Uint8Array[][]): Uint8Array[][] {
  return [...new Map(keys.map((key) => [Buffer.concat(key).toString('latin1'), key])).values()];
}

function keyValues(starts: readonly Search[]): KeyValue[][] {
  const searches = starts.map(follow);
  const first = searches.find(isExpandable);
  if (first === undefined) return [searches.map(({ value }) => value)];
  const arrays = searches.filter(isExpandable);
  const parallel = arrays.find((search) => search.value !== first.value);
  if (parallel) throw cannotIndexParallelArrays(starts, searches, parallel, first);
  const elements = first.value as BsonValue[];
  if (elements.length === 0) return [searches.map(ofEmptyArray)];
  return elements.flatMap((element) =>
    keyValues(searches.map((search) => (arrays.includes(search) ? enter(search, element) : search))),
  );
}

function isExpandable({ value, expands }: Search): boolean {
  return expands && Array.isArray(value);
}

/** Follows a path down to its value, or to an array that must be entered element by element. */
function follow({ value, path, expands }: Search): Search {
  let depth = 0;
  for (; depth < path.length; depth++) {
    if (Array.isArray(value)) {
      const index = expands ? arrayIndexOf(path[depth]!) : null;
      if (index === null && expands) break;
      value = index === null ? undefined : value[index];
    } else {
      value = value instanceof Map ? value.get(path[depth]!) : undefined;
      expands = true;
    }
  }
  return { value, path: path.slice(depth), expands };
}

function enter(search: Search, element: BsonValue): Search {
  return { value: element, path: search.path, expands: false };
}

function ofEmptyArray({ value, path, expands }: Search): KeyValue {
  if (!expands || !Array.isArray(value)) return value;
  return path.length === 0 ? NOTHING : undefined;
}

function cannotIndexParallelArrays(
  starts: readonly Search[],
  ends: Search[],
  ...arrays: Search[]
): MongoError {
  const names = arrays.map((array) => {
    const { path } = starts[ends.indexOf(array)]!;
    return `[${path[path.length - array.path.length - 1]}]`;
  });
  return new MongoError(171, `cannot index parallel arrays ${names.join(' ')}`);
}

/** Takes a key of `count` components apart. */
export function splitKey(key: Uint8Array, count: number): Uint8Array[] {
  const components: Uint8Array[] = [];
  for (let at = 0; components.length < count;) {
    const end = endOfComponent(key, at, key[at]! >= DESCENDING ? 0xff : 0);
    components.push(key.subarray(at, end));
    at = end;
  }
  return components;
}

/** @param flip 0xff where the component is turned over */
function endOfComponent(key: Uint8Array, at: number, flip: number): number {
  return endOfBody(key, at + 1, key[at]! ^ flip, flip);
}

function endOfBody(key: Uint8Array, at: number, type: number, flip: number): number {
  switch (type) {
    case NUMBER_TYPE:
      return endOfNumber(key, at + 8, flip);
    case typeByte(15):
      return key.indexOf(flip, at) + 1;
    case typeByte(20):
      return endOfDocument(key, at, flip);
    case typeByte(25):
      while (key[at] !== flip) at = endOfComponent(key, at, flip);
      return at + 1;
    case typeByte(30):
      return at + 5 + (new DataView(key.buffer, key.byteOffset + at, 4).getInt32(0) ^ (flip && -1));
    case typeByte(35):
      return at + 12;
    case typeByte(40):
      return at + 1;
    case typeByte(45):
    case typeByte(47):
      return at + 8;
    case typeByte(50):
      return key.indexOf(flip, key.indexOf(flip, at) + 1) + 1;
    case typeByte(60):
      return key.indexOf(flip, at) + 1;
    case typeByte(65):
      return endOfDocument(key, key.indexOf(flip, at) + 1, flip);
    default:
      return at;
  }
}

function endOfNumber(key: Uint8Array, at: number, flip: number): number {
  if (key[at] === flip) return at + 1;
  // Behind the exponent: digits, or their complements, up to 0 or its complement.
  at += 3;
  while (key[at] !== 0 && key[at] !== 0xff) at++;
  return at + 1;
}

function endOfDocument(key: Uint8Array, at: number, flip: number): number {
  while (key[at] !== flip) at = endOfBody(key, key.indexOf(flip, at + 1) + 1, key[at]! ^ flip, flip);
  return at + 1;
}
