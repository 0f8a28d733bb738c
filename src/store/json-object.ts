/** A JSON object as a JavaScript object with ordinary prototypes. */
export type JsonObject = Record<string, unknown>;

/** The stored form of a JSON object: BSON, or JSON text if BSON or the driver would change it. */
export type StoredJson = JsonObject | string;

/** The measurements of a JSON object. */
export interface JsonMeasure {
  /** Levels of objects and arrays, the outermost being 1; the walk stops at the first level beyond `maxDepth`. */
  readonly depth: number;
  /** At least this many bytes as JSON in UTF-8; the walk stops if it is more than `maxBytes`. */
  readonly leastBytes: number;
  /** At most this many bytes as JSON in UTF-8. Often a few times more than it really has. */
  readonly byteBound: number;
  /** False if it contains values that JSON cannot express, such as 1e400. */
  readonly isJson: boolean;
  /** False if a round trip through BSON would change it. */
  readonly survivesBson: boolean;
}

/** Measures an object for input rules and storage, in one walk without a copy. */
export function measureJson(value: JsonObject, maxDepth: number, maxBytes: number): JsonMeasure {
  const walk = new JsonWalk(maxDepth, maxBytes);
  walk.visit(value, 1);
  return walk;
}

class JsonWalk implements JsonMeasure {
  depth = 0;
  leastBytes = 0;
  byteBound = 0;
  isJson = true;
  survivesBson = true;

  constructor(
    private readonly maxDepth: number,
    private readonly maxBytes: number,
  ) {}

  visit(node: unknown, level: number): void {
    if (this.leastBytes > this.maxBytes) return;
    // For the comma after it, or for a bracket.
    this.leastBytes += 1;
    switch (typeof node) {
      case 'string':
        this.leastBytes += node.length + 2;
        this.byteBound += escapedBytes * node.length + 2;
        if (this.leastBytes > this.maxBytes) return;
        if (loneSurrogate.test(node)) this.survivesBson = false;
        return;
      case 'number':
        this.leastBytes += 1;
        this.byteBound += longestNumber;
        if (!Number.isFinite(node)) this.isJson = false;
        return;
      case 'object':
        if (node === null) this.byteBound += 4;
        else this.visitContainer(node, level);
        return;
      case 'boolean':
        this.byteBound += 5;
        return;
      default:
        this.isJson = false;
    }
  }

  private visitContainer(node: object, level: number): void {
    this.depth = Math.max(this.depth, level);
    if (level > this.maxDepth) return;
    this.byteBound += 2;
    if (Array.isArray(node)) this.visitList(node, level);
    else if (isPlain(node)) this.visitObject(node as JsonObject, level);
    else this.isJson = false;
  }

  private visitList(list: readonly unknown[], level: number): void {
    for (const item of list) {
      this.byteBound += 1;
      this.visit(item, level + 1);
      if (this.leastBytes > this.maxBytes) return;
    }
  }

  private visitObject(object: JsonObject, level: number): void {
    for (const key of Object.keys(object)) {
      this.leastBytes += key.length + 3;
      this.byteBound += escapedBytes * key.length + 4;
      if (this.leastBytes > this.maxBytes) return;
      if (!isOrdinaryKey(key)) this.survivesBson = false;
      this.visit(object[key], level + 1);
    }
  }
}

/** Others, such as a Date, can only come from a variable of another type inside a literal. */
function isPlain(node: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The most bytes that one UTF-16 unit takes in JSON text: \u0000. */
const escapedBytes = 6;
/** -1.7976931348623157e+308 */
const longestNumber = 24;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * `$` starts an operator or a DBRef for server and driver, NUL ends a key in BSON, `_bsontype` makes the driver's codec
 * treat the object as another type, and assigning `__proto__` sets no key.
 */
function isOrdinaryKey(key: string): boolean {
  return (
    !key.startsWith('$') &&
    key !== '_bsontype' &&
    key !== '__proto__' &&
    !key.includes('\0') &&
    !loneSurrogate.test(key)
  );
}

/** The stored form of `value`, from which {@link restoreJson} restores it exactly. */
export function storeJson(value: JsonObject, measure: JsonMeasure): StoredJson {
  return measure.survivesBson ? value : JSON.stringify(value);
}

/** Restores a stored object. */
export function restoreJson(stored: StoredJson): JsonObject {
  return typeof stored === 'string' ? (JSON.parse(stored) as JsonObject) : stored;
}

/** Whether two JSON values are equal, in any order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return sameList(a, b);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson((a as JsonObject)[key], (b as JsonObject)[key]))
  );
}

function sameList(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, index) => sameJson(item, b[index]));
}
