import { MAX_MESSAGE_BYTES } from '../commands/request';
import { ElementScanner } from '../language/codec';
import { check } from '../language/errors';

/** The peer does not speak the protocol: there is no answer to give, its connection is closed. */
export class ProtocolError extends Error {}

const OP_QUERY = 2004;
const OP_MSG = 2013;
export const HEADER_BYTES = 16;
const MORE_TO_COME = 2;
/** Bits 0 to 15 must be understood by the receiver; the others, such as exhaustAllowed, may be ignored. */
const REQUIRED_FLAGS = 0xffff;

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Cuts a byte stream into messages. A message that came in one piece is not copied. Memory follows what has arrived,
 * never what a header claims will come.
 */
export class FrameReader {
  private bytes = EMPTY;
  /** How many bytes wait for the rest of their message or for their turn. */
  buffered = 0;

  push(chunk: Buffer): void {
    const { buffered, claimedLength } = this;
    const needed = buffered + chunk.length;
    this.buffered = needed;
    if (buffered === 0) {
      this.bytes = chunk;
      return;
    }
    if (needed > this.bytes.length) {
      // Twice the need, so that a message in many small pieces is copied a few times only, but not beyond its end.
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * needed, claimedLength)));
      this.bytes.copy(grown, 0, 0, buffered);
      this.bytes = grown;
    }
    chunk.copy(this.bytes, buffered);
  }

  /**
   * The next whole message with its header, or null while it is incomplete. It shares memory with what was pushed.
   * @throws ProtocolError for a length that no message has
   */
  next(): Buffer | null {
    const length = this.claimedLength;
    if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) throw new ProtocolError();
    if (this.buffered < length) return null;
    const message = this.bytes.subarray(0, length);
    this.buffered -= length;
    this.bytes = this.buffered > 0 ? this.bytes.subarray(length) : EMPTY;
    return message;
  }

  /** What the next message says of itself; a header, where it has not said it yet. */
  private get claimedLength(): number {
    return this.buffered < 4 ? HEADER_BYTES : this.bytes.readInt32LE();
  }
}

/** One request. Its documents are well formed (`checkDocument`), still encoded, and share the message's memory. */
export interface ClientMessage {
  readonly body: Buffer;
  /** Documents sent beside the body (OP_MSG section kind 1), to be read as an array field of that name. */
  readonly sequences: ReadonlyMap<string, Buffer[]>;
  /** Whether it is the old OP_QUERY, with which a client that does not know us yet says hello. */
  readonly isLegacy: boolean;
}

/**
 * Reads one framed message: OP_MSG without a checksum, or an OP_QUERY.
 * @throws ProtocolError for what is neither; MongoError InvalidBSON (22) or Overflow (15) for its documents
 */
export function parseMessage(frame: Buffer): ClientMessage {
  if (isLegacy(frame)) {
    // Behind the flags and the collection's name: how many to skip and to return.
    const start = endOfName(frame, HEADER_BYTES + 4) + 8;
    return { body: documentAt(frame, start), sequences: new Map(), isLegacy: true };
  }
  if (frame.readInt32LE(12) !== OP_MSG || frame.length < HEADER_BYTES + 4) throw new ProtocolError();
  if (frame.readUInt32LE(HEADER_BYTES) & REQUIRED_FLAGS & ~MORE_TO_COME) throw new ProtocolError();
  let body: Buffer | null = null;
  const sequences = new Map<string, Buffer[]>();
  for (let at = HEADER_BYTES + 4; at < frame.length;) {
    const kind = frame[at++]!;
    if (kind === 0 && !body) {
      body = documentAt(frame, at);
      at += body.length;
    } else if (kind === 1 && at + 4 <= frame.length) {
      const end = at + frame.readUInt32LE(at);
      const nameEnd = endOfName(frame, at + 4);
      const name = frame.toString('utf8', at + 4, nameEnd - 1);
      if (end > frame.length || sequences.has(name)) throw new ProtocolError();
      const documents: Buffer[] = [];
      for (at = nameEnd; at < end; at += documents.at(-1)!.length) documents.push(documentAt(frame, at));
      if (at !== end) throw new ProtocolError();
      sequences.set(name, documents);
    } else {
      throw new ProtocolError();
    }
  }
  if (!body) throw new ProtocolError();
  return { body, sequences, isLegacy: false };
}

/** Whether the frame is of the old kind, which is answered with OP_REPLY. */
export function isLegacy(frame: Buffer): boolean {
  return frame.readInt32LE(12) === OP_QUERY;
}

/** False for a message after which the client expects nothing (an unacknowledged write). */
export function wantsReply(frame: Buffer): boolean {
  return isLegacy(frame) || (frame.readUInt32LE(HEADER_BYTES) & MORE_TO_COME) === 0;
}

function endOfName(frame: Buffer, at: number): number {
  const end = frame.indexOf(0, at) + 1;
  if (end === 0) throw new ProtocolError();
  return end;
}

function documentAt(frame: Buffer, at: number): Buffer {
  return frame.subarray(at, checkDocument(frame, at, 1));
}

/** MongoDB's own limit on how deep documents and arrays may nest, counted from the command itself. */
const MAX_DEPTH = 200;
const DOCUMENT = 3;
const ARRAY = 4;
const BOOLEAN = 8;
/** Undefined, database pointers, symbols, and code with a scope. */
const DEPRECATED_TYPES: ReadonlySet<number> = new Set([6, 12, 14, 15]);

/**
 * Checks that the document at `start` is well formed to its depth, and returns where it ends: what has passed can be
 * decoded, walked or stored without being checked again.
 * @throws MongoError InvalidBSON (22), Overflow (15), NotImplemented (238)
 */
function checkDocument(bytes: Buffer, start: number, depth: number): number {
  check(depth <= MAX_DEPTH, 15, 'documents may not nest deeper than 200 levels');
  const fields = new ElementScanner(bytes, start);
  while (fields.next()) {
    const { type, valueStart } = fields;
    if (type === DOCUMENT || type === ARRAY) checkDocument(bytes, valueStart, depth + 1);
    else check(type !== BOOLEAN || bytes[valueStart]! <= 1, 22, 'Invalid BSON: a boolean is neither 0 nor 1');
    check(!DEPRECATED_TYPES.has(type), 238, `the BSON type ${type} is deprecated, and not supported`);
  }
  return fields.valueEnd + 1;
}
