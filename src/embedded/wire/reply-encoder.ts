import { Double, Int32, Long, Timestamp } from 'bson';
import { RawDocument, RawDocuments, Reply, ReplyValue } from '../commands/request';
import { encodeDocument } from '../language/codec';
import { HEADER_BYTES, isLegacy } from './message';

const OP_REPLY = 1;
const OP_MSG = 2013;
/** Bytes before the document of an OP_MSG: header, flags, section kind. */
export const OP_MSG_PREFIX = HEADER_BYTES + 5;
/** Bytes before the document of an OP_REPLY: header, flags, cursor id, starting from, number returned. */
const OP_REPLY_PREFIX = HEADER_BYTES + 20;

const [DOUBLE, STRING, DOCUMENT, ARRAY, INT32, LONG] = [1, 2, 3, 4, 16, 18];
const FIRST_BYTES = 512;
/** Type, index and zero before a document in an array. */
const LONGEST_INDEX = 10;

let lastReplyId = 0;

/** The reply to a message as one buffer, ready to be sent. Raw documents are copied into it, not decoded. */
export function encodeReply(reply: Reply, request: Buffer): Buffer {
  const legacy = isLegacy(request);
  const prefix = legacy ? OP_REPLY_PREFIX : OP_MSG_PREFIX;
  const writer = new ReplyWriter(prefix);
  writer.document(reply);
  const message = writer.written.fill(0, 0, prefix);
  lastReplyId = (lastReplyId + 1) & 0x7fffffff;
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(lastReplyId, 4);
  request.copy(message, 8, 4, 8);
  message.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12);
  if (legacy) message.writeInt32LE(1, HEADER_BYTES + 16);
  return message;
}

/** Writes what nearly every reply says by itself, and leaves other values to the library. */
class ReplyWriter {
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);

  constructor(private at: number) {}

  get written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  document(fields: Reply): void {
    const start = this.open();
    for (const [name, value] of fields) this.field(name, value);
    this.close(start);
  }

  private field(name: string, value: ReplyValue): void {
    if (value instanceof RawDocuments) {
      this.head(ARRAY, name);
      this.array(value.documents);
    } else if (value instanceof RawDocument) {
      this.head(DOCUMENT, name);
      this.append(value.bytes);
    } else if (value instanceof Map) {
      this.head(DOCUMENT, name);
      this.document(value as Reply);
    } else if (value instanceof Int32) {
      this.head(INT32, name);
      this.at = this.bytes.writeInt32LE(value.value, this.at);
    } else if (value instanceof Double) {
      this.head(DOUBLE, name);
      this.at = this.bytes.writeDoubleLE(value.value, this.at);
    } else if (value instanceof Long && !(value instanceof Timestamp)) {
      this.head(LONG, name);
      this.at = this.bytes.writeInt32LE(value.high, this.bytes.writeInt32LE(value.low, this.at));
    } else if (typeof value === 'string') {
      this.head(STRING, name);
      this.string(value);
    } else {
      this.append(encodeDocument(new Map([[name, value]])).subarray(4, -1));
    }
  }

  private array(documents: readonly Uint8Array[]): void {
    this.reserve(documents.reduce((sum, { length }) => sum + length + LONGEST_INDEX, 0));
    const start = this.open();
    for (let index = 0; index < documents.length; index++) {
      this.head(DOCUMENT, String(index));
      this.append(documents[index]!);
    }
    this.close(start);
  }

  /** Type and name of a field; leaves room for a number behind them. */
  private head(type: number, name: string): void {
    this.reserve(3 * name.length + 10);
    this.bytes[this.at++] = type;
    this.text(name);
  }

  private string(value: string): void {
    this.reserve(3 * value.length + 5);
    const start = this.at;
    this.at += 4;
    this.text(value);
    this.bytes.writeInt32LE(this.at - start - 4, start);
  }

  /** Short as they mostly are, a loop is quicker than the platform's encoder. */
  private text(text: string): void {
    const { bytes, at } = this;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      bytes[at + i] = unit;
      if (unit < 128) continue;
      this.at += bytes.write(text, at) - text.length;
      break;
    }
    this.at += text.length;
    bytes[this.at++] = 0;
  }

  /** Leaves room for a length, which `close` fills in. */
  private open(): number {
    this.reserve(4);
    this.at += 4;
    return this.at - 4;
  }

  private close(start: number): void {
    this.reserve(1);
    this.bytes[this.at++] = 0;
    this.bytes.writeInt32LE(this.at - start, start);
  }

  private append(part: Uint8Array): void {
    this.reserve(part.length);
    this.bytes.set(part, this.at);
    this.at += part.length;
  }

  private reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }
}
