import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { EventLoopTurns } from '../../event-loop-turns';

/** How much JSON, in characters, is written in one turn of the event loop: some 10 ms. Less is sent in one piece. */
const pieceLength = 2 * 1024 * 1024;

/** The body of a response. A large one is encoded while it is sent, so that it is in memory only once. */
export type EncodedResult = Buffer | Readable;

/** Encodes a result at once. */
export function encodeResult(result: object): Buffer {
  // A string would be encoded twice, once for its length.
  return Buffer.from(`${JSON.stringify(result)}\n`);
}

/** Encodes a result that may be large, a piece in each turn: others would wait half a second for 128 MiB. */
export function encodeInTurns(result: object, turns: EventLoopTurns): EncodedResult {
  const pieces = piecesOf(result);
  const first = pieces.next().value as Buffer;
  const second = pieces.next();
  return second.done ? first : Readable.from(inTurns([first, second.value], pieces, turns));
}

/** A hash of the encoded result, computed in turns too. */
export async function hashInTurns(result: object, turns: EventLoopTurns): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of inTurns([], piecesOf(result), turns)) hash.update(piece);
  return hash.digest('base64url');
}

async function* inTurns(ready: readonly Buffer[], pieces: Iterable<Buffer>, turns: EventLoopTurns) {
  yield* ready;
  for (const piece of pieces) {
    yield piece;
    await turns.next();
  }
}

/** The encoded result; all pieces but the last are large. */
function* piecesOf(result: object): Generator<Buffer> {
  let text = '';
  for (const part of jsonParts(result)) {
    text += part;
    if (text.length < pieceLength) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}\n`);
}

/** The JSON of a value, where lists of objects are split into their elements. */
function* jsonParts(value: unknown): Generator<string> {
  if (!holdsObjects(value)) yield JSON.stringify(value);
  else if (Array.isArray(value)) yield* enclosed('[', value.map(jsonParts), ']');
  else {
    const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
    yield* enclosed('{', fields.map(fieldParts), '}');
  }
}

function* fieldParts([name, value]: [string, unknown]): Generator<string> {
  yield `${JSON.stringify(name)}:`;
  yield* jsonParts(value);
}

function* enclosed(open: string, members: readonly Generator<string>[], close: string): Generator<string> {
  let before = open;
  for (const member of members) {
    yield before;
    yield* member;
    before = ',';
  }
  yield before === open ? open + close : close;
}

/** Whether a value holds lists of objects, or is one: all others are small or written fast. */
function holdsObjects(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? typeof value[0] === 'object' : Object.values(value).some(holdsObjects);
}
