import { Double, Int32, Long, Timestamp } from 'bson';
import { Reply } from '../commands/request';
import { BsonValue } from '../language/bson-value';
import { encodeField } from '../language/codec';
import { HEADER_BYTES, isLegacy } from './message';

const OP_REPLY = 1;
const OP_MSG = 2013;
/** Bytes before the document of an OP_MSG: header, flags, section kind. */
export const OP_MSG_PREFIX = HEADER_BYTES + 5;
/** Bytes before the document of an OP_REPLY: header, flags, cursor id, starting from, number returned. */
const OP_REPLY_PREFIX = HEADER_BYTES + 20;

const [DOUBLE, STRING, DOCUMENT, ARRAY, INT32, LONG] = [1, 2, 3, 4, 16, 18];
const FIRST_BYTES = 512;
/** Type, index and final zero before a document in an array. */
const MAX_HEAD_BYTES = 10;

let lastReplyId = 0;

/** The reply to a framed message, ready to be sent. */
export function encodeReply(reply: Reply, request: Buffer): Buffer {
  const legacy = isLegacy(request);
  const prefix = legacy ? OP_REPLY_PREFIX : OP_MSG_PREFIX;
  const writer = new ReplyWriter(prefix);
  writer.document(reply);
  const message = writer.bytes.subarray(0, writer.at).fill(0, 0, prefix);
  lastReplyId = (lastReplyId + 1) & 0x7fffffff;
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(lastReplyId, 4);
  request.copy(message, 8, 4, 8);
  message.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12);
  if (legacy) message.writeInt32LE(1, HEADER_BYTES + 16);
  return message;
}

/** Copies what is encoded already, writes what nearly every reply says, and leaves other values to the library. */
class ReplyWriter {
  bytes = Buffer.allocUnsafe(FIRST_BYTES);

  /** @param at where to begin; later, where what it has written ends */
  constructor(public at: number) {}

  document(fields: Reply): void {
    const start = this.begin();
    for (const [name, value] of fields) {
      if (value instanceof Uint8Array) this.encoded(name, value);
      else if (value instanceof Map) {
        this.head(DOCUMENT, name, 4);
        this.document(value as Reply);
      } else if (value instanceof Int32) {
        this.head(INT32, name, 4);
        this.at = this.bytes.writeInt32LE(value.value, this.at);
      } else if (value instanceof Double) {
        this.head(DOUBLE, name, 8);
        this.at = this.bytes.writeDoubleLE(value.value, this.at);
      } else if (value instanceof Long && !(value instanceof Timestamp)) {
        this.head(LONG, name, 8);
        this.at = this.bytes.writeBigInt64LE(value.toBigInt(), this.at);
      } else if (typeof value === 'string') {
        this.head(STRING, name, 5 + 3 * value.length);
        const length = this.at;
        this.at += 4;
        this.text(value);
        this.bytes.writeInt32LE(this.at - length - 4, length);
      } else if (Array.isArray(value) && value[0] instanceof Uint8Array) {
        this.head(ARRAY, name, 4);
        this.array(value as Uint8Array[]);
      } else this.append(encodeField(name, value as BsonValue));
    }
    this.end(start);
  }

  private array(documents: readonly Uint8Array[]): void {
    this.reserve(documents.reduce((sum, { length }) => sum + length + MAX_HEAD_BYTES, 4));
    const start = this.begin();
    for (let i = 0; i < documents.length; i++) this.encoded(String(i), documents[i]!);
    this.end(start);
  }

  private encoded(name: string, document: Uint8Array): void {
    this.head(DOCUMENT, name, document.length);
    this.append(document);
  }

  /** Type and name of a field, with room for `more` bytes behind them. */
  private head(type: number, name: string, more: number): void {
    this.reserve(3 * name.length + 2 + more);
    this.bytes[this.at++] = type;
    this.text(name);
  }

  /** Short as they mostly are, a loop is quicker than the platform's encoder. */
  private text(text: string): void {
    const { bytes, at } = this;
    let i = 0;
    for (let unit = text.charCodeAt(0); unit < 128; unit = text.charCodeAt(i)) bytes[at + i++] = unit;
    this.at += i < text.length ? bytes.write(text, at) : i;
    bytes[this.at++] = 0;
  }

  /** Leaves room for the length of a document, which `end` fills in. */
  private begin(): number {
    this.reserve(4);
    this.at += 4;
    return this.at - 4;
  }

  private end(start: number): void {
    this.reserve(1);
    this.bytes[this.at++] = 0;
    this.bytes.writeInt32LE(this.at - start, start);
  }

  private append(part: Uint8Array): void {
    this.reserve(part.length);
    this.bytes.set(part, this.at);
    this.at += part.length;
  }

  private reserve(more: number): void {
    const needed = this.at + more;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }
}
