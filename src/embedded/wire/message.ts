import { checkDocument } from './bson-structure';

/** The peer does not speak the protocol: there is no answer to give, its connection is closed. */
export class ProtocolError extends Error {}

const CASTAGNOLI = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CASTAGNOLI : value >>> 1;
  return value >>> 0;
});

/** The checksum of OP_MSG: CRC-32C (RFC 4960, appendix B), as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;

const CHECKSUM_PRESENT = 1 << 0;
const MORE_TO_COME = 1 << 1;
/** Bits 0 to 15 must be understood by the receiver; the others, such as exhaustAllowed, may be ignored. */
const REQUIRED_FLAGS = 0xffff;

/** Documents sent beside the body (OP_MSG section kind 1), to be read as an array field of that name. */
export interface DocumentSequence {
  readonly name: string;
  readonly documents: readonly Buffer[];
}

/** One request. Its documents are well formed (`checkDocument`), still encoded, and share the message's memory. */
export interface ClientMessage {
  readonly body: Buffer;
  readonly sequences: readonly DocumentSequence[];
  /** OP_QUERY only: the collection that it names. */
  readonly namespace: string | null;
}

/**
 * Reads one framed message: OP_MSG, or the OP_QUERY with which old clients say hello.
 * @throws ProtocolError for what is neither; MongoError InvalidBSON (22) or Overflow (15) for its documents
 */
export function parseMessage(frame: Buffer): ClientMessage {
  const opcode = frame.readInt32LE(12);
  if (opcode === OP_MSG) return parseOpMsg(frame);
  if (opcode === OP_QUERY) return parseOpQuery(frame);
  throw new ProtocolError(`opcode ${opcode}`);
}

/** The id by which a reply names its request. */
export function requestIdOf(frame: Buffer): number {
  return frame.readInt32LE(4);
}

/** Whether the frame is of the old kind, which is answered with OP_REPLY. */
export function isLegacy(frame: Buffer): boolean {
  return frame.readInt32LE(12) === OP_QUERY;
}

/** False for a message after which the client expects nothing (an unacknowledged write). */
export function wantsReply(frame: Buffer): boolean {
  return isLegacy(frame) || (frame.readUInt32LE(HEADER_BYTES) & MORE_TO_COME) === 0;
}

function parseOpMsg(frame: Buffer): ClientMessage {
  if (frame.length < HEADER_BYTES + 4) throw new ProtocolError('OP_MSG without flags');
  const flags = frame.readUInt32LE(HEADER_BYTES);
  if (flags & REQUIRED_FLAGS & ~(CHECKSUM_PRESENT | MORE_TO_COME)) {
    throw new ProtocolError(`OP_MSG flags 0x${flags.toString(16)}`);
  }
  const end = flags & CHECKSUM_PRESENT ? endBeforeChecksum(frame) : frame.length;
  return parseSections(frame, HEADER_BYTES + 4, end);
}

function endBeforeChecksum(frame: Buffer): number {
  const end = frame.length - 4;
  if (end < HEADER_BYTES + 4 || frame.readUInt32LE(end) !== crc32c(frame.subarray(0, end))) {
    throw new ProtocolError('OP_MSG checksum does not match');
  }
  return end;
}

function parseSections(frame: Buffer, start: number, end: number): ClientMessage {
  let body: Buffer | null = null;
  const sequences: DocumentSequence[] = [];
  let at = start;
  while (at < end) {
    const kind = frame[at++];
    if (kind === 0 && !body) {
      const after = checkDocument(frame, at, end);
      body = frame.subarray(at, after);
      at = after;
    } else if (kind === 1) {
      const after = sectionEnd(frame, at, end);
      sequences.push(parseSequence(frame, at + 4, after));
      at = after;
    } else {
      throw new ProtocolError(`OP_MSG section of kind ${kind}`);
    }
  }
  if (!body) throw new ProtocolError('OP_MSG without a body');
  return { body, sequences, namespace: null };
}

function sectionEnd(frame: Buffer, at: number, end: number): number {
  const size = at + 4 <= end ? frame.readInt32LE(at) : 0;
  if (size < 5 || at + size > end) throw new ProtocolError(`OP_MSG section of ${size} bytes`);
  return at + size;
}

function parseSequence(frame: Buffer, start: number, end: number): DocumentSequence {
  const [name, first] = cString(frame, start, end);
  const documents: Buffer[] = [];
  let at = first;
  while (at < end) {
    const after = checkDocument(frame, at, end);
    documents.push(frame.subarray(at, after));
    at = after;
  }
  return { name, documents };
}

function parseOpQuery(frame: Buffer): ClientMessage {
  const [namespace, afterName] = cString(frame, HEADER_BYTES + 4, frame.length);
  const start = afterName + 8; // behind numberToSkip and numberToReturn
  const body = frame.subarray(start, checkDocument(frame, start, frame.length));
  return { body, sequences: [], namespace };
}

function cString(frame: Buffer, start: number, end: number): [text: string, after: number] {
  const zero = frame.indexOf(0, start);
  if (zero === -1 || zero >= end) throw new ProtocolError('a name has no end');
  return [frame.toString('utf8', start, zero), zero + 1];
}

/** Bytes before the document of an OP_MSG: header, flags, section kind. */
export const OP_MSG_PREFIX = HEADER_BYTES + 5;
/** Bytes before the document of an OP_REPLY: header, flags, cursor id, starting from, number returned. */
export const OP_REPLY_PREFIX = HEADER_BYTES + 20;

/** Writes what goes before the document into the first bytes of `message`, which is complete otherwise. */
export function writeReplyPrefix(
  message: Buffer,
  requestId: number,
  responseTo: number,
  legacy: boolean,
): void {
  message.fill(0, 0, legacy ? OP_REPLY_PREFIX : OP_MSG_PREFIX);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(requestId, 4);
  message.writeInt32LE(responseTo, 8);
  message.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12);
  if (legacy) message.writeInt32LE(1, HEADER_BYTES + 16);
}
